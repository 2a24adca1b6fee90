# The study in a container: docker build -t latent-geodesics . && docker run -v "$PWD/results:/study/results" latent-geodesics
FROM python:3.11-slim
WORKDIR /study
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["snakemake", "--cores", "all"]
