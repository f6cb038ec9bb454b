// The large view: one photo, every face, why it was decided so, and what is right.

class View {
  constructor({ threshold, marks, mark, closed }) {
    Object.assign(this, { threshold, marks, mark, closed });
    this.element = document.getElementById("view");
    this.stage = document.getElementById("stage");
    this.photos = [];
    this.place = 0;
    document.getElementById("previous").addEventListener("click", () => this.step(-1));
    document.getElementById("next").addEventListener("click", () => this.step(1));
    document.getElementById("close").addEventListener("click", () => this.element.close());
    this.element.addEventListener("close", () => this.closed(this.place));
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => {
      if (event.target === this.element) this.element.close(); // beside it
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
    const inChoice = event.target.type === "radio"; // there the arrows choose
    if (!inChoice && event.key === "ArrowLeft") this.step(-1);
    else if (!inChoice && event.key === "ArrowRight") this.step(1);
    else {
      const photo = this.photos[this.place];
      const mark = markFromKey(event.key, photo, this.threshold(), this.marks);
      if (mark === undefined) return;
      this.mark(photo, mark);
      this.draw();
    }
    event.preventDefault();
  }

  makeMarks() {
    const fieldset = document.getElementById("marks");
    for (const [value, text] of [["", "as it is"], ["1", "glasses"], ["0", "no glasses"], ["drop", "cannot be told: drop it"]]) {
      const label = make("label");
      const radio = make("input");
      Object.assign(radio, { type: "radio", name: "mark", value });
      radio.addEventListener("change", () => this.mark(this.photos[this.place], value || null));
      label.append(radio, ` ${text}`);
      fieldset.append(label);
    }
  }

  draw() {
    const photo = this.photos[this.place];
    const threshold = this.threshold();
    document.getElementById("view-name").textContent = photo.name;
    document.getElementById("reason").textContent = because(photo, threshold);
    document.getElementById("previous").disabled = this.place === 0;
    document.getElementById("next").disabled = this.place === this.photos.length - 1;
    const position = `${(this.place + 1).toLocaleString("en")} of ${plural(this.photos.length, "photo")}`;
    document.getElementById("position").textContent = position;
    this.stage.replaceChildren(); // its width shall be that of the window, not of what was in it
    const across = this.stage.clientWidth;
    const down = Math.max(240, Math.min(innerHeight * 0.8, 900));
    this.stage.replaceChildren(picture(photo, across, down, threshold, true));
    this.drawTable(photo, threshold);
    const mark = this.marks.get(photo.number) ?? "";
    for (const radio of document.querySelectorAll("#marks input")) radio.checked = radio.value === mark;
  }

  drawTable(photo, threshold) {
    const table = document.getElementById("faces");
    table.hidden = !photo.faces.length;
    table.tBodies[0].replaceChildren(...photo.faces.map((face, index) => {
      const row = make("tr");
      const seen = face.confirmed ? `dlib (${face.score})` : `network only (${face.score})`;
      const cells = [
        index + 1, decimals(face.probability), face.probability >= threshold ? "yes" : "no", seen,
        `${face.width} × ${face.height} px`,
      ];
      row.append(...cells.map((text) => make("td", "", text)));
      const light = (on) => this.stage.querySelector(`[data-face="${index}"]`)?.classList.toggle("lit", on);
      row.addEventListener("pointerenter", () => light(true));
      row.addEventListener("pointerleave", () => light(false));
      return row;
    }));
  }
}
