// The menu at the foot of small screens gets out of the way of the page it led to.
import { arriveHome } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test.use({ viewport: { width: 360, height: 740 } });

test("the menu closes behind the person who used it @mobile", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  const bar = page.getByRole("navigation", { name: "Main" }).filter({ visible: true });
  await bar.getByText("More").click();
  await visit.look("menu");
  await bar.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await expect(bar.getByRole("link", { name: "Settings" })).toBeHidden();
});
