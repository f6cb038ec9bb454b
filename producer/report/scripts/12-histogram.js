// The distribution of probabilities. Square-root heights keep the few in the middle visible.

const BINS = 40;

class Histogram {
  constructor(element, photos) {
    this.element = element;
    this.counts = new Array(BINS).fill(0);
    for (const { probability } of photos) {
      if (probability !== null) this.counts[Math.min(BINS - 1, Math.floor(probability * BINS))] += 1;
    }
    this.seen = this.counts.reduce((a, b) => a + b, 0);
    const highest = Math.sqrt(Math.max(1, ...this.counts));
    this.band = this.add("rect", { class: "band", y: 0, height: 72 });
    this.bars = this.counts.map((count, bin) => {
      const height = count ? Math.max(2, (68 * Math.sqrt(count)) / highest) : 0;
      const bar = this.add("rect", { x: bin * 10 + 1, width: 8, y: 72 - height, height });
      const title = this.add("title", {}, bar);
      title.textContent = `${bin / BINS} to ${(bin + 1) / BINS}: ${plural(count, "photo")}`;
      return bar;
    });
    this.line = this.add("line", { class: "line", y1: 0, y2: 72 });
  }

  add(tag, attributes, parent = this.element) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    parent.append(element);
    return element;
  }

  draw(threshold) {
    const [low, high] = unsureBand(threshold);
    this.band.setAttribute("x", low * 400);
    this.band.setAttribute("width", (high - low) * 400);
    this.line.setAttribute("x1", threshold * 400);
    this.line.setAttribute("x2", threshold * 400);
    this.bars.forEach((bar, bin) => {
      bar.setAttribute("class", (bin + 0.5) / BINS >= threshold ? "bar above" : "bar");
    });
    const tenths = Array.from({ length: 10 }, (_, i) => this.counts.slice(i * 4, i * 4 + 4).reduce((a, b) => a + b, 0));
    this.element.setAttribute("aria-label",
      `Histogram of the probabilities of ${plural(this.seen, "photo")} with a face, in tenths from 0 to 1: ${tenths.join(", ")}`);
  }
}
