// The page's state and its controls: each change goes through `changed`.

const photos = readPhotos();
const marks = loadMarks();
const state = { threshold: about.threshold, filter: "all", search: "", order: "submitted" };
const by = (id) => document.getElementById(id);

const shared = { threshold: () => state.threshold, marks, mark: setMarkOf };
const view = new View({ ...shared, closed: (place) => { grid.refresh(); grid.go(place); } });
const grid = new Grid(by("grid"), { ...shared, open: (place) => view.open(grid.photos, place) });
const histogram = new Histogram(by("histogram"), photos);
const filters = new Map();

function setMarkOf(photo, mark) {
  setMark(marks, photo, mark);
  drawCounts();
  // A photo that no longer belongs to the filter stays until the filter is chosen anew.
  grid.refresh();
}

function chosen() {
  const { threshold, filter, search, order } = state;
  const wanted = search.toLowerCase();
  const some = photos.filter((p) => belongs(p, filter, threshold, marks) && p.lower.includes(wanted));
  return ordered(some, order, threshold);
}

function changed(update, top = true) {
  Object.assign(state, update);
  drawCounts();
  histogram.draw(state.threshold);
  by("threshold").value = state.threshold;
  if (document.activeElement !== by("number")) by("number").value = state.threshold;
  if (top) grid.active = 0;
  const some = chosen();
  grid.show(some);
  by("empty").hidden = some.length > 0;
  by("shown").textContent = `${plural(some.length, "photo")} shown`;
}

function drawCounts() {
  const counts = countGroups(photos, state.threshold, marks);
  for (const [group, button] of filters) {
    button.textContent = `${GROUPS[group]} ${counts[group].toLocaleString("en")}`;
    button.setAttribute("aria-pressed", state.filter === group);
  }
  const told = (group) => counts[group].toLocaleString("en");
  by("sum").textContent =
    `${plural(counts.all, "photo")} = ${told("with")} with glasses + ${told("without")} without + ` +
    `${told("no-face")} no face + ${told("failed")} failed; ${told("unsure")} unsure.`;
  by("export").disabled = !marks.size;
  by("export").textContent = marks.size ? `Export corrections.csv (${marks.size})` : "Export corrections.csv";
}

function soon(act) {
  let waiting = null;
  return (value) => {
    if (waiting === null) requestAnimationFrame(() => { const last = waiting; waiting = null; act(last); });
    waiting = value;
  };
}

function start() {
  document.title = by("title").textContent = `Glasses: ${about.title}`;
  by("about").textContent = about.text;
  by("pictures").textContent = about.pictures;
  for (const group of Object.keys(GROUPS)) {
    const button = make("button");
    button.type = "button";
    button.addEventListener("click", () => changed({ filter: group }));
    by("filters").append(button);
    filters.set(group, button);
  }
  const decide = soon((threshold) => changed({ threshold }, false));
  by("threshold").addEventListener("input", (event) => decide(Number(event.target.value)));
  by("number").addEventListener("input", (event) => {
    const value = event.target.valueAsNumber;
    if (value >= 0 && value <= 1) decide(value);
  });
  by("number").addEventListener("change", (event) => { event.target.value = state.threshold; });
  by("reset").addEventListener("click", () => changed({ threshold: about.threshold }, false));
  const find = soon((search) => changed({ search }));
  by("search").addEventListener("input", (event) => find(event.target.value));
  by("order").addEventListener("change", (event) => changed({ order: event.target.value }));
  by("export").addEventListener("click", () => download("corrections.csv", csv(photos, marks)));
  by("help").addEventListener("click", () => {
    by("keys").hidden = !by("keys").hidden;
    by("help").setAttribute("aria-expanded", !by("keys").hidden);
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    grid.go(grid.active);
  });
  addEventListener("keydown", (event) => {
    const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || view.element.open;
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    by("search").focus();
  });
  changed({});
}

start();
