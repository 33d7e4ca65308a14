// The scripts of the page. It works without them, but for what is live and what is copied.
import { copyAtAClick } from "./copy.js";
import { keepLive } from "./live.js";
import { switchInPlace } from "./switches.js";

copyAtAClick();
if (document.getElementById("live-requests")) {
  const refresh = keepLive();
  switchInPlace(refresh);
}
