// Latent spaces of two models side by side, with a geodesic and the images along it.
(() => {
  const section = document.getElementById("explorer");
  if (!section) return;
  const data = JSON.parse(document.getElementById("explorer-content").textContent);
  const STRAIGHT = "straight line";
  const shared = document.getElementById("explorer-shared");
  const choice = (place, name) => place.querySelector(`[data-choice="${name}"]`);
  const pairs = choice(shared, "pair"), time = choice(shared, "time");
  const unique = (values) => [...new Set(values)];
  const named = (model) => `${model.vae}, seed ${model.seed}`;
  const recipe = (curve) => [curve.curve, curve.start, curve.solver].join(", ");

  // ── pictures ────────────────────────────────────────────────────────────────────────────────
  const loaded = new Map();
  const picture = (source) => {
    if (!loaded.has(source)) {
      const image = new Image();
      loaded.set(source, new Promise((done) => { image.onload = () => done(image); }));
      image.src = source;
    }
    return loaded.get(source);
  };
  const [height, width] = data.image;
  async function paint(canvas, source, column, row) {
    const wanted = canvas.wanted = {};
    const sheet = await picture(source);
    if (canvas.wanted !== wanted) return; // another one has been asked for since
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    context.drawImage(sheet, column * width, row * height, width, height, 0, 0, width, height);
  }

  // ── one view ────────────────────────────────────────────────────────────────────────────────
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  function fill(select, options, wanted) {
    const before = select.value;
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    const values = options.map(([value]) => String(value));
    select.value = [wanted, before, values[0]].find((value) => values.includes(String(value))) ?? "";
    select.disabled = values.length < 2;
  }

  function heatmap(model, name) {
    const field = model.backgrounds?.[name];
    if (!field) return [];
    const values = bytes(field.values), side = Math.sqrt(values.length);
    const scale = (value) => field.low + (value / 255) * (field.high - field.low);
    const rows = Array.from({ length: side }, (_, n) =>
      Array.from(values.subarray(n * side, (n + 1) * side), scale));
    const [[x0, x1], [y0, y1]] = model.extent;
    return [{
      type: "heatmap", z: rows, x0, dx: (x1 - x0) / (side - 1), y0, dy: (y1 - y0) / (side - 1),
      colorscale: [[0, "#111"], [1, "#fff"]], zsmooth: "best", hoverinfo: "skip",
      colorbar: { title: { text: data.fields[name], side: "right", font: { size: 11 } }, thickness: 12 },
    }];
  }

  const latents = (model) => data.classes.map(({ label, name, colour }) => {
    const own = data.labels.flatMap((of, n) => (of === label ? [n] : []));
    return {
      type: "scatter", mode: "markers", name, customdata: own, hovertemplate: `${name}<extra></extra>`,
      x: own.map((n) => model.latents[0][n]), y: own.map((n) => model.latents[1][n]),
      marker: { size: 4, color: colour, opacity: 0.75 },
    };
  });

  const line = (curve, style) => ({
    type: "scatter", mode: "lines", x: curve.points[0], y: curve.points[1],
    hoverinfo: "skip", showlegend: false, ...style,
  });
  const outlined = (curve, colour, dash) => [
    line(curve, { line: { color: "black", width: 5, dash } }),
    line(curve, { line: { color: colour, width: 2.5, dash } }),
  ];
  const at = (curve, n, colour) => ({
    type: "scatter", mode: "markers", x: [curve.points[0][n]], y: [curve.points[1][n]],
    marker: { size: 12, color: colour, line: { color: "black", width: 2 } },
    hoverinfo: "skip", showlegend: false,
  });

  function frame(model, curves) {
    const ranges = [0, 1].map((axis) => {
      const drawn = [...model.latents[axis], ...curves.flatMap((curve) => curve.points[axis])];
      const low = Math.min(...drawn), high = Math.max(...drawn), margin = 0.05 * (high - low || 1);
      return [low - margin, high + margin];
    });
    return {
      xaxis: { range: ranges[0], title: { text: model.axes[0] }, zeroline: false, constrain: "domain" },
      yaxis: {
        range: ranges[1], title: { text: model.axes[1] }, zeroline: false, scaleanchor: "x",
        constrain: "domain",
      },
      margin: { l: 50, r: 10, t: 10, b: 45 }, height: 420, plot_bgcolor: "#bbb",
      legend: { orientation: "h", y: 1.02, yanchor: "bottom" }, font: { size: 11 },
      hovermode: "closest", uirevision: named(model),
    };
  }

  const number = (value) => (value === null || Number.isNaN(value) ? "" : value.toPrecision(6));

  class View {
    constructor(place, first) {
      this.place = place;
      this.plot = place.querySelector(".plot");
      this.selects = ["model", "background", "metric", "curve"].map((name) => choice(place, name));
      const [models, background] = this.selects;
      fill(models, data.models.map((model, n) => [n, named(model)]), first);
      fill(background, [...Object.entries(data.fields), ["", "none"]], "entropy");
      this.selects.forEach((select) => select.addEventListener("change", () => this.choose()));
    }

    get model() { return data.models[this.selects[0].value]; }

    choose() {
      const [, background, metric, recipes] = this.selects, model = this.model;
      const own = model.curves.filter((curve) => String(curve.pair) === pairs.value);
      const geodesics = own.filter((curve) => curve.curve !== STRAIGHT);
      const there = model.backgrounds ?? {};
      const fields = Object.entries(data.fields).filter(([name]) => name in there);
      fill(background, [...fields, ["", "none"]], background.value);
      const used = unique(geodesics.map((curve) => curve.metric));
      const metrics = Object.keys(data.metrics).filter((name) => used.includes(name));
      fill(metric, metrics.map((name) => [name, data.metrics[name]]), metric.value);
      const under = geodesics.filter((curve) => curve.metric === metric.value);
      fill(recipes, unique(under.map(recipe)).map((name) => [name, name]), recipes.value);
      this.geodesic = under.find((curve) => recipe(curve) === recipes.value);
      this.straight = own.find((curve) => curve.curve === STRAIGHT && curve.metric === metric.value);
      this.draw();
    }

    draw() {
      const model = this.model, curves = [this.geodesic, this.straight].filter(Boolean);
      const lines = [
        ...(this.straight ? outlined(this.straight, "#ffd34d", "dash") : []),
        ...(this.geodesic ? outlined(this.geodesic, "white", "solid") : []),
      ];
      this.still = [...heatmap(model, this.selects[1].value), ...latents(model), ...lines];
      const layout = frame(model, curves);
      const settings = { displayModeBar: false, responsive: true };
      Plotly.newPlot(this.plot, [...this.still, ...this.markers()], layout, settings);
      this.plot.on("plotly_hover", ({ points: [point] }) => this.point(point));
      const nats = this.selects[2].value !== "density";
      this.place.querySelectorAll(".unit").forEach((unit, n) => {
        unit.textContent = nats ? ["[nats]", "[√nats]"][n] : "";
      });
      const missed = this.geodesic && !this.geodesic.converged;
      this.place.querySelector(".remark").textContent =
        !this.geodesic ? "No geodesic of this pair was asked for in this model."
          : missed ? "This curve did not converge: it is not a geodesic yet." : "";
      this.move();
    }

    index(curve) { return Math.round(time.value / time.max * (curve.points[0].length - 1)); }

    markers() {
      const colours = [[this.straight, "#ffd34d"], [this.geodesic, "white"]];
      return colours.flatMap(([curve, colour]) => (curve ? [at(curve, this.index(curve), colour)] : []));
    }

    move() {
      const markers = this.markers();
      const numbers = markers.map((_, k) => this.still.length + k);
      if (markers.length) {
        const moved = { x: markers.map(({ x }) => x), y: markers.map(({ y }) => y) };
        Plotly.restyle(this.plot, moved, numbers);
      }
      for (const name of ["geodesic", "straight"]) this.read(name, this[name]);
    }

    read(name, curve) {
      const row = this.place.querySelector(`tr[data-curve="${name}"]`);
      const canvas = this.place.querySelector(`[data-picture="${name}"]`);
      row.hidden = canvas.parentElement.hidden = !curve;
      if (!curve) return;
      const n = this.index(curve), last = curve.length.length - 1;
      const before = Math.max(n - 1, 0), after = Math.min(n + 1, last);
      const speed = (curve.length[after] - curve.length[before]) / ((after - before) / last);
      const values = { energy: curve.energy[n], length: curve.length[n], speed };
      for (const [reading, value] of Object.entries(values)) {
        row.querySelector(`[data-reading="${reading}"]`).textContent = number(value);
      }
      paint(canvas, curve.frames, n, 0);
    }

    point({ customdata: n }) {
      if (n === undefined) return;
      const { picture: sheet, columns } = data.thumbnails;
      paint(this.place.querySelector('[data-picture="pointed"]'), sheet, n % columns, Math.floor(n / columns));
      const { name } = data.classes.find(({ label }) => label === data.labels[n]);
      this.place.querySelector('[data-name="pointed"]').textContent = `pointed at: ${name}`;
    }
  }

  // ── what the views share ────────────────────────────────────────────────────────────────────
  const every = data.models.flatMap(({ curves }) => curves);
  const numbers = unique(every.map(({ pair }) => pair)).sort((a, b) => a - b);
  fill(pairs, numbers.map((pair) => [pair, `c${pair + 1}`]));
  time.max = Math.max(...every.map(({ points }) => points[0].length)) - 1;
  const other = data.models.findIndex(({ vae }) => vae !== data.models[0].vae);
  const views = [
    new View(document.getElementById("view-left"), 0),
    new View(document.getElementById("view-right"), Math.max(other, 0)),
  ];
  const move = () => {
    document.getElementById("explorer-time").textContent = (time.value / time.max).toFixed(2);
    views.forEach((view) => view.move());
  };
  pairs.addEventListener("change", () => views.forEach((view) => view.choose()));
  time.addEventListener("input", move);
  views.forEach((view) => view.choose());
  move();

  const play = document.getElementById("explorer-play");
  let playing = null;
  play.addEventListener("click", () => {
    clearInterval(playing);
    playing = playing ? null : setInterval(() => {
      time.value = time.value === time.max ? 0 : Number(time.value) + 1;
      move();
    }, 150);
    play.textContent = playing ? "stop" : "play";
    play.setAttribute("aria-pressed", String(Boolean(playing)));
  });
})();
