// An operator has the router meet a failure, and reads which way it took.
import { arriveAsOperator } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("a failure is rehearsed and its route is read @mobile", async ({ page, visit, hub }) => {
  test.setTimeout(240_000);
  await arriveAsOperator(page, visit, hub);
  await visit.open("/admin/rehearsals");
  await visit.look("rehearsals");
  await page.getByRole("radio", { name: /^Permission denied/ }).check();
  await page.getByRole("button", { name: "Rehearse" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Permission denied" })).toBeVisible();
  await expect(page.getByText("Nothing more is tried: only a person can change this.")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("without rows")).toBeVisible();
  await visit.look("rehearsal-stopped");

  await visit.open("/admin/rehearsals");
  await page.getByRole("radio", { name: /^Credentials refused/ }).check();
  await page.getByRole("button", { name: "Rehearse" }).click();
  // Airbyte's runtime is installed when it is first needed.
  await expect(page.getByText("with rows")).toBeVisible({ timeout: 180_000 });
  await expect(page.getByText("Done: 3 rows")).toBeVisible();
  await visit.look("rehearsal-fallback");
  await visit.open("/admin/rehearsals");
  await expect(page.getByRole("row").filter({ hasText: "without rows" }).first()).toBeVisible();
  await visit.look("rehearsals-list");
});
