// What is not there is said the same way everywhere, with a reference for support.
import { arriveAsOperator, arriveHome } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

const gone = [
  "/connections/con_nobody",
  "/connections/con_nobody/edit",
  "/connections/con_nobody/remove",
  "/connections/con_nobody/test/tst_nobody",
  "/connections/con_nobody/rows/smp_nobody",
  "/runs/run_nobody",
  "/apps/app_nobody",
  "/apps/app_nobody/rotate",
  "/apps/app_nobody/revoke",
  "/integrations/nothing",
  "/connect/nothing",
  "/settings/keys/key_nobody/revoke",
  "/admin",
  "/admin/audit",
  "/admin/connections",
  "/admin/health",
  "/admin/tenants/new",
];

test("nothing at an address is a page of its own with status 404 @mobile", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  for (const path of gone) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole("heading", { level: 1, name: "There is nothing at this address" }), path).toBeVisible();
  }
  await visit.open("/connections/con_nobody");
  await visit.look("missing");
});

test("an operator who asks for a tenant that is not there is told so", async ({ page, visit, hub }) => {
  await arriveAsOperator(page, visit, hub);
  for (const path of ["/admin/tenants/ten_nobody", "/admin/tenants/ten_nobody/suspend", "/admin/tenants/ten_nobody/delete"]) {
    expect((await page.goto(path))?.status(), path).toBe(404);
  }
  await expect(page.getByText("Reference")).toBeVisible();
  await visit.look("admin-missing");
});
