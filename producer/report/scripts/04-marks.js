// The reader's corrections: "1", "0" or "drop" per content of a photo. Stored by the browser.

const MARKS = { 1: "glasses", 0: "no glasses", drop: "excluded" };
const MARK_KEYS = { 1: "1", 0: "0", d: "drop", u: null };
const STORAGE_KEY = `glasses-report:${about.id}`;

class Marks {
  constructor() {
    this.marks = new Map();
    this.before = null; // the marks before the last change
    this.isStored = true;
    try {
      const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]");
      this.marks = new Map(stored.filter(([, mark]) => mark in MARKS));
    } catch {
      this.isStored = false; // storage may be disabled
    }
  }

  get size() {
    return this.marks.size;
  }

  has(photo) {
    return this.marks.has(photo.key);
  }

  get(photo) {
    return this.marks.get(photo.key);
  }

  set(photos, mark) {
    this.before = new Map(this.marks);
    for (const { key } of photos) {
      if (mark === null) this.marks.delete(key);
      else this.marks.set(key, mark);
    }
    this.store();
  }

  undo() {
    if (this.before) [this.marks, this.before] = [this.before, null];
    this.store();
  }

  store() {
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify([...this.marks]));
      this.isStored = true;
    } catch {
      this.isStored = false; // disabled, or full
    }
  }

  // Return the mark that a key stands for; null: none, undefined: it is another key.
  fromKey(key, photo, threshold) {
    if (key === "x") return this.has(photo) ? null : (photo.label ?? groupOf(photo, threshold) === "with") ? "0" : "1";
    return key in MARK_KEYS ? MARK_KEYS[key] : undefined;
  }
}
