# The study in a container. Its results belong to whoever starts it:
#   docker build -t latent-geodesics .
#   docker run --user "$(id -u):$(id -g)" -v "$PWD/results:/study/results" latent-geodesics
# Of the image's 6 GB nearly all are GPU libraries that torch brings. For a small one give pip the index
# of PyTorch's CPU builds: docker build --build-arg PIP_ARGS="--extra-index-url ..." .
FROM python:3.11-slim
ARG PIP_ARGS=""
WORKDIR /study
COPY requirements.txt .
RUN pip install --no-cache-dir ${PIP_ARGS} -r requirements.txt
COPY . .
# any user may run it: what it writes beside results/ is its own
RUN useradd --create-home study && mkdir -p results .snakemake && chmod -R a+rwX /study
ENV HOME=/tmp
USER study
CMD ["snakemake", "--cores", "all"]
