/**
 * The unrolled network as a person handles it, read through its words and its table.
 */

/** The unrolled network of an opened page. */
export class Unrolled {
  constructor(playground) {
    this.playground = playground;
    this.page = playground.page;
    this.stage = this.page.getByRole("slider", { name: "Units at each time step" });
    this.slider = this.page.getByRole("slider", { name: "Time step", exact: true });
  }

  /** What the cursor reads. */
  reading() {
    return this.stage.getAttribute("aria-valuetext");
  }

  /** Waits until the look at this training step is shown. */
  async waitForLook(step) {
    await this.page.locator(".card--map", { hasText: `time steps after step ${step}:` }).waitFor();
  }

  /** The time step of the cursor. */
  async step() {
    return Number(await this.stage.getAttribute("aria-valuenow"));
  }

  /** Waits until the cursor is at this step. */
  async waitForStep(step) {
    await this.page.waitForFunction(
      (step) => Number(document.querySelector(".chart--map [role=slider]").ariaValueNow) === step,
      step,
    );
  }

  /** Follows a unit of the lowest layer, or of one above it. */
  async follow({ row = 0, unit }) {
    const { stage, page } = this;
    const number = page.getByLabel("Follow unit");
    const rowNow = async () => Number(/^Layer (\d+)/.exec(await this.reading())[1]) - 1;
    while ((await rowNow()) !== row) {
      // From the edge of a layer the arrow leads into the next.
      const isAbove = (await rowNow()) < row;
      await number.fill(isAbove ? "0" : await number.getAttribute("max"));
      await number.blur();
      await stage.focus();
      await stage.press(isAbove ? "ArrowUp" : "ArrowDown");
    }
    await number.fill(String(unit));
    await number.blur();
    await page.waitForFunction(
      (unit) => document.querySelector(".chart--map [role=slider]").ariaValueText.includes(`unit ${unit},`),
      unit,
    );
  }

  /** Chooses what is shown, and waits until it is. */
  async show(name, symbol) {
    await this.page.getByRole("radio", { name, exact: true }).check({ force: true });
    await this.page.waitForFunction(
      (symbol) => document.querySelector(".chart--map [role=slider]").ariaValueText.includes(`: ${symbol} = `),
      symbol,
    );
  }

  /** The table of the followed unit: an object a step, numbers as numbers. */
  async table() {
    const open = this.page.getByRole("button", { name: "As a table" });
    if (await open.isVisible()) {
      await open.click();
    }
    const table = this.playground.part("unit-table");
    await table.waitFor();
    return table.evaluate((table) => {
      const cells = (row) => [...row.cells].map((cell) => cell.innerText);
      const [head, ...rows] = [...table.rows].map(cells);
      const number = (text) => (/^[−-]?\d/.test(text) ? Number(text.replace("−", "-")) : text);
      const names = head.map((name, place) => (name === "p" ? `p ${head[place - 1]}` : name));
      return rows.map((row) => Object.fromEntries(row.map((text, place) => [names[place], number(text)])));
    });
  }
}
