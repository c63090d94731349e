// Tabs as the ARIA practices have them: arrow keys move, one is in the tab order.

export class Tabs {
  constructor(list, onShow = () => {}) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    this.onShow = onShow;
    this.isChosen = false; // by hand
    for (const tab of this.tabs) tab.onclick = () => ((this.isChosen = true), this.show(tab.id));
    list.onkeydown = (event) => this.move(event);
    this.show(this.tabs.find((tab) => tab.ariaSelected === "true").id);
  }

  show(id) {
    for (const tab of this.tabs) {
      const isShown = tab.id === id;
      tab.ariaSelected = String(isShown);
      tab.tabIndex = isShown ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).dataset.shown = isShown;
    }
    this.onShow(id);
  }

  move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const shown = this.tabs.filter((tab) => tab.offsetParent);
    const next = shown[(shown.indexOf(document.activeElement) + step + shown.length) % shown.length];
    this.show(next.id);
    next.focus();
  }
}
