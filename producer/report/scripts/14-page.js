// The state of the page and its controls. Every change goes through `update`.

const photos = readPhotos();
const orders = new Orders(photos);
const marks = new Marks();
const state = { threshold: about.threshold, filter: about.evaluation ? "mistakes" : "all", search: "", order: "submitted", sections: "none" };
const by = (id) => document.getElementById(id);

const selection = new Selection(() => { grid.refresh(); drawActions(); });
const shared = { threshold: () => state.threshold, marks };
const view = new View({ ...shared, mark: setMarks, closed: (place) => grid.go(place) });
const grid = new Grid(by("grid"), {
  ...shared, selection, open: (place) => view.open(grid.photos, place), key: markByKey,
});
const histogram = new Histogram(by("histogram"), photos);
const printer = new Printer(grid, by("sheet"), by("print-note"));
const filters = new Map();
const groupFilter = new GroupFilter(by("filters").parentElement.querySelector(".tools"), photos, () => update({}));

function setMarks(chosen, mark) {
  marks.set(chosen, mark);
  const what = mark === null ? "Unmarked" : `Marked as ${MARKS[mark]}:`;
  marksChanged(`${what} ${plural(chosen.length, "photo")}.`);
}

function marksChanged(message) {
  const unstored = marks.isStored ? "" : " This browser cannot store marks: export them before you close the page.";
  say(message + unstored, Boolean(marks.before));
  drawCounts();
  drawActions();
  // A photo that no longer matches the filter stays until the filter is selected again.
  grid.refresh();
}

// A key marks the selected photos if the focused photo is one of them.
function markByKey(key, photo) {
  const mark = marks.fromKey(key, photo, state.threshold);
  if (mark === undefined) return false;
  setMarks(selection.has(photo) ? [...selection.chosen] : [photo], mark);
  return true;
}

function matching() {
  const { threshold, filter, search, order, sections } = state;
  const pattern = search.toLowerCase();
  const found = orders.of(order, threshold)
    .filter((p) => belongs(p, filter, threshold, marks) && (!pattern || p.lower.includes(pattern)) && groupFilter.matches(p));
  return sectioned(found, sections, order);
}

function update(changes, top = true) {
  Object.assign(state, changes);
  drawCounts();
  histogram.draw(state.threshold);
  by("threshold").value = state.threshold;
  if (document.activeElement !== by("number")) by("number").value = state.threshold;
  if (top) grid.active = 0;
  const found = matching();
  grid.element.classList.toggle("in-folders", state.sections === "folder");
  grid.show(found.photos, found.sections);
  by("empty").hidden = found.photos.length > 0;
  by("shown").textContent = `${plural(found.photos.length, "photo")} shown`;
  drawActions();
}

function drawCounts() {
  const counts = countGroups(photos, state.threshold, marks);
  const count = (group) => counts[group].toLocaleString("en");
  for (const [group, button] of filters) {
    button.textContent = `${GROUPS[group]} ${count(group)}`;
    button.setAttribute("aria-pressed", state.filter === group);
  }
  by("sum").textContent = about.evaluation ? figuresText(photos, state.threshold) :
    `${plural(counts.all, "photo")} = ${count("with")} with glasses + ${count("without")} without + ` +
    `${count("no-face")} no face + ${count("failed")} failed; ${count("unsure")} unsure.`;
  by("export").disabled = !counts.marked;
  by("export").textContent = counts.marked ? `Corrections (${count("marked")}): corrections.csv` : "Corrections: none marked";
}

// Return the photos that exports apply to: those selected, in the page's order, else all shown.
function chosen() {
  return selection.size ? orders.of("submitted").filter((photo) => selection.has(photo)) : grid.photos;
}

function drawActions() {
  const count = selection.size;
  by("actions").hidden = !count;
  const shown = count ? grid.photos.reduce((sum, photo) => sum + selection.has(photo), 0) : 0;
  const hidden = count > shown ? `, ${(count - shown).toLocaleString("en")} of them not shown` : "";
  by("selected").textContent = `${count.toLocaleString("en")} selected${hidden}`;
  by("select-all").textContent = `Select all ${grid.photos.length.toLocaleString("en")} shown`;
  by("select-all").disabled = !grid.photos.length;
  const which = count ? `${plural(count, "selected photo")}` : `${plural(grid.photos.length, "shown photo")}`;
  by("export-rows").textContent = `${which}: photos.csv`;
  by("export-paths").textContent = `Paths of ${which}: paths.txt`;
}

function say(message, canUndo = false) {
  by("message").textContent = message;
  by("undo").hidden = !canUndo;
  by("said").hidden = !message;
}

// Call `action` at most once per frame, with the latest value.
function throttle(action) {
  let waiting = null;
  return (value) => {
    if (waiting === null) requestAnimationFrame(() => { const latest = waiting; waiting = null; action(latest); });
    waiting = value;
  };
}

function startFilters() {
  for (const group of Object.keys(GROUPS)) {
    const button = make("button");
    button.type = "button";
    button.addEventListener("click", () => update({ filter: group }));
    by("filters").append(button);
    filters.set(group, button);
  }
  const setThreshold = throttle((threshold) => update({ threshold }, false));
  by("threshold").addEventListener("input", (event) => setThreshold(Number(event.target.value)));
  by("number").addEventListener("input", (event) => {
    const value = event.target.valueAsNumber;
    if (value >= 0 && value <= 1) setThreshold(value);
  });
  by("number").addEventListener("change", (event) => { event.target.value = state.threshold; });
  by("reset").addEventListener("click", () => update({ threshold: about.threshold }, false));
  const find = throttle((search) => update({ search }));
  by("search").addEventListener("input", (event) => find(event.target.value));
  by("order").addEventListener("change", (event) => update({ order: event.target.value }));
  by("sections").addEventListener("change", (event) => update({ sections: event.target.value }));
}

function startActions() {
  const on = (id, action) => by(id).addEventListener("click", action);
  const save = (...file) => { download(...file); by("exports").open = false; };
  on("export", () => {
    save("corrections.csv", correctionsCsv(photos, marks), "text/csv");
    if (about.evaluation) { say("Apply them: pass --corrections corrections.csv to glasses evaluate."); return; }
    const job = about.job ? ` ${about.job}` : "";
    say(job ? `Apply them: glasses results${job} --corrections corrections.csv, or glasses sort${job} --corrections corrections.csv.` : "Exported.");
  });
  on("export-rows", () => save("photos.csv", rowsCsv(chosen(), state.threshold, marks), "text/csv"));
  on("export-paths", () => save("paths.txt", pathList(chosen()), "text/plain"));
  on("select-all", () => selection.add(grid.photos));
  on("select-shown", () => { selection.add(grid.photos); by("exports").open = false; });
  on("select-none", () => { selection.clear(); grid.go(grid.active); });
  for (const button of document.querySelectorAll("#actions [data-mark]")) {
    button.addEventListener("click", () => setMarks([...selection.chosen], button.dataset.mark || null));
  }
  on("undo", () => { marks.undo(); marksChanged("Undone."); });
  on("print", () => { by("exports").open = false; printer.print(); });
  for (const [button, panel] of [["help", "keys"], ["more", "settings"]]) {
    on(button, () => {
      const isOpen = by(panel).classList.toggle("open");
      by(button).setAttribute("aria-expanded", isOpen);
    });
  }
  addEventListener("click", (event) => {
    if (!by("exports").contains(event.target)) by("exports").open = false;
  });
  by("exports").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    by("exports").open = false;
    by("exports").firstElementChild.focus();
  });
}

function start() {
  document.title = by("title").textContent = `Glasses: ${about.title}`;
  by("about").textContent = about.text;
  by("pictures").textContent = about.pictures;
  by("notices").replaceChildren(...about.notices.map((notice) => make("li", "", notice)));
  for (const [id, value] of [["low", about.unsure[0]], ["high", about.unsure[1]]]) by(id).textContent = value;
  const isDated = photos.some((photo) => photo.date !== null);
  for (const value of ["oldest", "newest", "day"]) document.querySelector(`option[value="${value}"]`).hidden = !isDated;
  if (about.evaluation) {
    by("wrong").textContent = "label";
    by("evaluation").open = innerWidth > 560; // on a phone, the photos are far below it
  }
  startFilters();
  startActions();
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    grid.go(grid.active);
  });
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || view.element.open;
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    by("search").focus();
  });
  update({});
}

start();
