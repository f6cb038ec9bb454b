// Zoom and pan of the picture in the large view: wheel, pinch, buttons, keys, double click, drag.

const ZOOM_STEP = 1.4;
const WHEEL_STEP = 0.002; // per px of the wheel
const MOST_ZOOM = 8; // of the size that fits
const MOST_PIXEL = 4; // px of the screen per px of the photo, if that is more
const PAN_STEP = 80;

class Zoom {
  constructor(stage, changed) {
    Object.assign(this, { stage, changed });
    this.frame = null;
    this.pointers = new Map();
    this.reset();
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? 33 * event.deltaY : event.deltaY; // some browsers count lines
      // A pinch on a touchpad arrives as a wheel with Ctrl and small steps.
      this.at(Math.exp(-pixels * WHEEL_STEP * (event.ctrlKey ? 5 : 1)), this.inside(event));
    }, { passive: false });
    stage.addEventListener("dblclick", (event) => {
      if (this.scale > 1) this.reset();
      else this.at(Math.max(2, this.pixelScale()), this.inside(event));
    });
    stage.addEventListener("pointerdown", (event) => {
      this.pointers.set(event.pointerId, this.inside(event));
      if (this.scale > 1 || this.pointers.size > 1) stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
  }

  // Show a frame that fits the stage at its `width` × `height` px; `natural` is the photo's width in px.
  show(frame, width, height, natural) {
    Object.assign(this, { frame, width, height, natural });
    this.reset();
  }

  reset() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.apply();
  }

  // Return the scale at which a px of the photo is a px of the screen.
  pixelScale() {
    return this.natural / this.width;
  }

  inside({ clientX, clientY }) {
    const { left, top } = this.stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  middle() {
    return { x: this.stage.clientWidth / 2, y: this.stage.clientHeight / 2 };
  }

  // Zoom by a factor; the point of the photo at `point` stays where it is.
  at(factor, point = this.middle()) {
    if (!this.frame) return;
    const most = Math.max(MOST_ZOOM, MOST_PIXEL * this.pixelScale());
    const scale = Math.min(most, Math.max(1, this.scale * factor));
    const [left, top] = this.corner();
    const ratio = scale / this.scale;
    this.scale = scale;
    this.place(point.x - (point.x - left) * ratio, point.y - (point.y - top) * ratio);
  }

  // Zoom to a part of the photo, given as fractions of its width and height.
  to({ left, top, width, height }) {
    this.reset();
    const fits = Math.min(this.stage.clientWidth / (width * this.width), this.stage.clientHeight / (height * this.height));
    this.at(fits / 2); // the part fills half of the stage
    const [across, down] = [this.width * this.scale, this.height * this.scale];
    const { x, y } = this.middle();
    this.place(x - (left + width / 2) * across, y - (top + height / 2) * down);
  }

  pan(x, y) {
    const [left, top] = this.corner();
    this.place(left + x, top + y);
  }

  // Return the position of the frame's corner in the stage; x and y are the pan from the middle.
  corner() {
    const { x, y } = this.middle();
    return [x + this.x - (this.width * this.scale) / 2, y + this.y - (this.height * this.scale) / 2];
  }

  place(left, top) {
    const { x, y } = this.middle();
    const limit = (value, size, room) => {
      const most = Math.max(0, (size - room) / 2); // no gap at an edge
      return Math.min(most, Math.max(-most, value));
    };
    const [across, down] = [this.width * this.scale, this.height * this.scale];
    this.x = limit(left + across / 2 - x, across, this.stage.clientWidth);
    this.y = limit(top + down / 2 - y, down, this.stage.clientHeight);
    this.apply();
  }

  apply() {
    this.stage.classList.toggle("zoomed", this.scale > 1);
    if (!this.frame) return;
    this.frame.style.width = `${this.width * this.scale}px`;
    this.frame.style.height = `${this.height * this.scale}px`;
    this.frame.style.transform = `translate(${this.x}px, ${this.y}px)`;
    this.changed?.(this.scale / this.pixelScale());
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before || !this.frame) return;
    const now = this.inside(event);
    this.pointers.set(event.pointerId, now);
    if (this.pointers.size === 1) {
      if (this.scale > 1) this.pan(now.x - before.x, now.y - before.y);
      return;
    }
    const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const apart = (a) => Math.hypot(a.x - other.x, a.y - other.y) || 1;
    this.at(apart(now) / apart(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    this.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }

  // Return whether a key was one of the zoom's.
  key({ key, shiftKey }) {
    const pans = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (key === "+" || key === "=") this.at(ZOOM_STEP);
    else if (key === "-") this.at(1 / ZOOM_STEP);
    else if (key === "f") this.reset();
    else if (shiftKey && key in pans) this.pan(...pans[key].map((part) => part * PAN_STEP));
    else return false;
    return true;
  }
}
