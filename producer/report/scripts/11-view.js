// The large view: one photo with its faces, the reason of its verdict, and its correction.

const SHOWN = {
  file: "The photo file.", preview: "A preview of at most 1,024 px.", thumbnail: "Only the thumbnail: the photo file is not linked or cannot be shown.",
};

function turnText(photo) {
  const { turn, tilt } = turnOf(photo);
  const tilted = tilt ? ` The faces are tilted by 45° ${tilt > 0 ? "counterclockwise" : "clockwise"}.` : "";
  return turn ? ` Shown rotated by ${turn}° clockwise.${tilted}` : tilted;
}

class View {
  constructor({ threshold, marks, mark, closed }) {
    Object.assign(this, { threshold, marks, mark, closed });
    this.element = document.getElementById("view");
    this.stage = document.getElementById("stage");
    const scale = document.getElementById("scale");
    this.zoom = new Zoom(this.stage, (pixels) => { scale.textContent = `${Math.round(100 * pixels)} %`; });
    this.photos = [];
    this.place = 0;
    const actions = {
      previous: () => this.step(-1), next: () => this.step(1), close: () => this.element.close(),
      "zoom-in": () => this.zoom.at(ZOOM_STEP), "zoom-out": () => this.zoom.at(1 / ZOOM_STEP), "zoom-fit": () => this.zoom.reset(),
    };
    for (const [id, action] of Object.entries(actions)) document.getElementById(id).addEventListener("click", action);
    this.element.addEventListener("close", () => this.closed(this.place));
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => {
      if (event.target === this.element) this.element.close(); // a click on the backdrop
    });
    addEventListener("resize", () => { if (this.element.open) this.draw(); });
    this.makeMarks();
  }

  open(photos, place) {
    this.photos = photos;
    this.place = place;
    this.element.showModal();
    this.draw();
  }

  step(by) {
    const to = this.place + by;
    if (to < 0 || to >= this.photos.length) return;
    this.place = to;
    this.draw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inChoice = event.target.type === "radio"; // arrow keys move between radio buttons
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (!inChoice && this.zoom.key(event)) event.preventDefault();
    else if (!inChoice && event.key in steps) {
      this.step(steps[event.key]);
      event.preventDefault();
    } else {
      const photo = this.photos[this.place];
      const mark = this.marks.fromKey(event.key, photo, this.threshold());
      if (mark === undefined) return;
      this.mark([photo], mark);
      this.drawMark(photo);
      event.preventDefault();
    }
  }

  makeMarks() {
    const fieldset = document.getElementById("marks");
    if (about.evaluation) fieldset.firstElementChild.textContent = "Correct label";
    for (const [value, text] of [["", "none"], ["1", "glasses"], ["0", "no glasses"], ["drop", "cannot tell: exclude it"]]) {
      const label = make("label");
      const radio = make("input");
      Object.assign(radio, { type: "radio", name: "mark", value });
      radio.addEventListener("change", () => this.mark([this.photos[this.place]], value || null));
      label.append(radio, ` ${text}`);
      fieldset.append(label);
    }
  }

  draw() {
    const photo = this.photos[this.place];
    const threshold = this.threshold();
    document.getElementById("view-name").textContent = photo.name;
    document.getElementById("reason").textContent = explain(photo, threshold) + labelText(photo, threshold);
    document.getElementById("previous").disabled = this.place === 0;
    document.getElementById("next").disabled = this.place === this.photos.length - 1;
    const position = `${(this.place + 1).toLocaleString("en")} of ${plural(this.photos.length, "photo")}`;
    document.getElementById("position").textContent = position;
    const date = photo.date === null ? "" : `${photo.isTaken ? "Taken" : "File of"} ${dateText(photo.date)}.`;
    document.getElementById("date").textContent = date;
    this.drawPicture(photo, threshold);
    this.drawTable(photo, threshold);
    this.drawMark(photo);
  }

  drawPicture(photo, threshold) {
    const note = document.getElementById("shown-from");
    const open = document.getElementById("open");
    note.textContent = "";
    open.hidden = !photo.link;
    if (photo.link) open.href = photo.link;
    this.stage.replaceChildren(); // measure the stage without the previous picture
    this.zoom.frame = null;
    const across = this.stage.clientWidth;
    const down = Math.max(240, Math.min(innerHeight * (innerWidth > 560 ? 0.8 : 0.5), 900));
    const frame = picture(photo, {
      across, down, threshold, large: true,
      shows: (kind) => { if (this.photos[this.place] === photo) note.textContent = SHOWN[kind] + turnText(photo); },
      sized: (width, height) => {
        this.stage.style.height = `${height}px`;
        queueMicrotask(() => { // once the frame is on the page
          if (frame.isConnected) this.zoom.show(frame, width, height, shownSize(photo, ...this.sizeOf(photo))[0]);
        });
      },
    });
    this.stage.replaceChildren(frame);
    document.getElementById("zoom").hidden = !frame.classList.contains("frame");
  }

  drawMark(photo) {
    const mark = this.marks.get(photo) ?? "";
    for (const radio of document.querySelectorAll("#marks input")) radio.checked = radio.value === mark;
  }

  drawTable(photo, threshold) {
    const table = document.getElementById("faces");
    table.hidden = !photo.faces.length;
    table.tBodies[0].replaceChildren(...photo.faces.map((values, index) => {
      const found = face(values);
      const row = make("tr");
      const number = make("td");
      const button = make("button", "", index + 1);
      button.type = "button";
      button.setAttribute("aria-label", `Zoom to face ${index + 1}`);
      button.addEventListener("click", () => this.zoom.to(this.part(photo, found)));
      number.append(button);
      const detector = found.confirmed ? `sure (${found.score})` : `several views (${found.score})`;
      const cells = [
        decimals(found.probability), wornText(found, threshold), detector,
        `${found.width} × ${found.height} px`,
      ];
      row.append(number, ...cells.map((text) => make("td", "", text)));
      const light = (on) => this.stage.querySelector(`[data-face="${index}"]`)?.classList.toggle("lit", on);
      row.addEventListener("pointerenter", () => light(true));
      row.addEventListener("pointerleave", () => light(false));
      return row;
    }));
  }

  // Return a face's box as fractions of the photo as it is shown.
  part(photo, found) {
    const [width, height] = this.sizeOf(photo);
    const [across, down] = shownSize(photo, width, height);
    const box = shownBox(photo, width, height, found);
    return { left: box.left / across, top: box.top / down, width: box.width / across, height: box.height / down };
  }

  // Return width and height of the photo's file, EXIF orientation applied.
  sizeOf(photo) {
    const image = this.stage.querySelector("img");
    return [photo.width || image?.naturalWidth || 1, photo.height || image?.naturalHeight || 1];
  }
}
