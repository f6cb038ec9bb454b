// A photo with boxes around its faces. Names and numbers reach the page as text only.

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function sources(photo, large) {
  const thumb = photo.thumb ? [`data:image/webp;base64,${photo.thumb}`] : [];
  const link = photo.link ? [photo.link] : [];
  return large ? [...link, ...thumb] : thumb.length ? thumb : link;
}

// A picture of at most `across` × `down` px; without one, words.
function picture(photo, across, down, threshold, large) {
  const urls = sources(photo, large);
  if (!urls.length) return make("span", "none", photo.status === "failed" ? "not readable" : "no picture");
  const frame = make("div", "frame");
  const image = make("img");
  image.alt = "";
  image.decoding = "async";
  image.draggable = false;
  image.addEventListener("load", () => {
    const width = photo.width || image.naturalWidth;
    const height = photo.height || image.naturalHeight;
    fit(frame, width, height, across, down);
    if (!frame.querySelector(".face")) drawFaces(frame, photo, width, height, threshold, large);
  });
  image.addEventListener("error", () => {
    urls.shift();
    if (urls.length) image.src = urls[0];
    else frame.replaceWith(make("span", "none", "the browser cannot show it"));
  });
  frame.append(image);
  if (photo.width) {
    fit(frame, photo.width, photo.height, across, down);
    drawFaces(frame, photo, photo.width, photo.height, threshold, large);
  }
  image.src = urls[0];
  return frame;
}

function fit(frame, width, height, across, down) {
  const scale = Math.min(across / width, down / height);
  frame.style.width = `${width * scale}px`;
  frame.style.height = `${height * scale}px`;
}

function drawFaces(frame, photo, width, height, threshold, large) {
  photo.faces.forEach((face, index) => {
    const worn = face.probability >= threshold ? " worn" : "";
    const box = make("i", `face${worn}${face.confirmed ? "" : " alone"}`);
    const left = Math.max(0, face.left);
    const top = Math.max(0, face.top);
    box.style.left = `${(100 * left) / width}%`;
    box.style.top = `${(100 * top) / height}%`;
    box.style.width = `${(100 * (Math.min(width, face.left + face.width) - left)) / width}%`;
    box.style.height = `${(100 * (Math.min(height, face.top + face.height) - top)) / height}%`;
    box.dataset.face = index;
    if (large) box.append(make("b", "", `${index + 1}: ${decimals(face.probability)}`));
    frame.append(box);
  });
}
