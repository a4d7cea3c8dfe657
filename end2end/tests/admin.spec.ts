// The operator's console: who is there, how each tenant was prepared, stop, resume, delete, and the health of every part.
import { latest } from "../fixtures/mail.js";
import { arriveAsOperator, arriveHome, somebody } from "../fixtures/people.js";
import { expect, test } from "../fixtures/test.js";

test("an operator finds a tenant, sees its steps, suspends and resumes it @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const owner = somebody(`Weser Tools ${Date.now()}`);
  await arriveHome(page, visit, hub, owner);
  await page.context().clearCookies();
  await arriveAsOperator(page, visit, hub);

  await visit.open(`/admin?q=${encodeURIComponent(owner.company)}`);
  await visit.look("admin-tenants");
  await page.getByRole("link", { name: owner.company }).click();
  await expect(page.getByRole("heading", { level: 1, name: owner.company })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Provisioning" })).toBeVisible();
  await expect(page.getByText("Isolation check")).toBeVisible();
  await visit.look("admin-tenant");

  await page.getByRole("link", { name: "Suspend tenant" }).click();
  await page.getByRole("textbox", { name: "Reason" }).fill("Unpaid since March");
  await visit.look("admin-suspend");
  await page.getByRole("main").getByRole("button", { name: /Suspend/ }).click();
  await expect(page.getByRole("button", { name: "Resume tenant" })).toBeVisible();
  await visit.settled();
  await page.getByRole("button", { name: "Resume tenant" }).click();
  await expect(page.getByRole("link", { name: "Suspend tenant" })).toBeVisible();
});

test("deleting a tenant lists everything first and asks for its name @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const owner = somebody(`Havel Prints ${Date.now()}`);
  await arriveHome(page, visit, hub, owner);
  await page.context().clearCookies();
  await arriveAsOperator(page, visit, hub);
  await visit.open(`/admin?q=${encodeURIComponent(owner.company)}`);
  await page.getByRole("link", { name: owner.company }).click();
  await page.getByRole("link", { name: "See what would be deleted" }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Delete ${owner.company}` })).toBeVisible();
  await expect(page.getByRole("table")).toContainText(/schema/i);
  await visit.look("admin-delete");

  const name = page.getByLabel("Type the tenant's name");
  const button = page.getByRole("button", { name: `Delete ${owner.company}` });
  await name.fill("another");
  await button.click();
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await visit.settled();
  await name.fill(owner.company);
  await button.click();
  await expect(page.getByText("Everything this tenant had is gone")).toBeVisible({ timeout: 60_000 });
  await visit.look("admin-deleted");
});

test("a step of preparing a tenant is undone and done again @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const owner = somebody(`Spree Boats ${Date.now()}`);
  await arriveHome(page, visit, hub, owner);
  await page.context().clearCookies();
  await arriveAsOperator(page, visit, hub);
  await visit.open(`/admin?q=${encodeURIComponent(owner.company)}`);
  await page.getByRole("link", { name: owner.company }).click();
  await page.getByRole("link", { name: "Undo Isolation check" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Undo: Isolation check" })).toBeVisible();
  await visit.look("admin-undo");
  await page.getByRole("button", { name: "Undo Isolation check" }).click();
  const step = page.getByRole("row", { name: /Isolation check/ });
  await expect(step.getByText("undone", { exact: true })).toBeVisible();
  await visit.look("admin-undone");
  await step.getByRole("button", { name: "Retry Isolation check" }).click();
  await expect(step.getByText("done", { exact: true })).toBeVisible({ timeout: 30_000 });
});

test("a tenant that an operator makes is its owner's with the link from the mail @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const owner = somebody(`Ilm Glass ${Date.now()}`);
  await arriveAsOperator(page, visit, hub);
  await visit.open("/admin/tenants/new");
  await visit.look("admin-tenant-new");
  await page.getByLabel("Name").fill(owner.company);
  await page.getByLabel("Owner's e-mail").fill(owner.email);
  await page.getByRole("button", { name: "Create tenant" }).click();
  await expect(page.getByRole("heading", { level: 1, name: owner.company })).toBeVisible();
  await expect(page.getByRole("main").getByText("active", { exact: true })).toBeVisible({ timeout: 30_000 });

  const link = await latest(`${hub.dataDir}/mail`, owner.email, /(\/reset\/[A-Za-z0-9_-]+)/);
  await page.context().clearCookies();
  await visit.open(link);
  await page.getByLabel("New password").fill(owner.password);
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page.getByRole("heading", { level: 1, name: owner.company })).toBeVisible();
});

test("an operator finds a connection of any tenant by its name @mobile", async ({ page, visit, hub }) => {
  test.slow();
  const owner = somebody(`Aller Tools ${Date.now()}`);
  await arriveHome(page, visit, hub, owner);
  const name = `postgres (PROD) ${Date.now()}`;
  await visit.open("/connect/postgresql");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("button", { name: "Save and finish later" }).click();
  await expect(page.getByText("Its tables are not known yet")).toBeVisible();
  await page.context().clearCookies();
  await arriveAsOperator(page, visit, hub);

  await visit.open("/admin/connections");
  const search = page.getByRole("searchbox", { name: "Name" });
  await search.fill(`${name.slice(0, -3).toUpperCase()}*`);
  await page.getByRole("button", { name: "Search" }).click();
  const found = page.getByRole("row", { name: new RegExp(owner.company) });
  await expect(found).toContainText(name);
  await expect(found.getByText("PostgreSQL", { exact: true })).toBeVisible();
  await visit.look("admin-connections");
  await search.fill("nothing is called so");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByText("No connection has such a name")).toBeVisible();
  await visit.look("admin-connections-none");
});

test("the health of every part is shown with its reason, and each act is in the audit log @mobile", async ({ page, visit, hub }) => {
  await arriveAsOperator(page, visit, hub);
  await visit.open("/admin/health");
  await expect(page.getByRole("heading", { level: 1, name: "Health" })).toBeVisible();
  await visit.look("admin-health");
  await visit.open("/admin/audit");
  await expect(page.getByRole("heading", { level: 1, name: "Audit" })).toBeVisible();
  await visit.look("admin-audit");
});

test("the console is nobody's but an operator's", async ({ page, visit, hub }) => {
  await arriveHome(page, visit, hub);
  for (const path of ["/admin", "/admin/connections", "/admin/health", "/admin/audit"]) {
    const answer = await page.goto(path);
    expect([403, 404], path).toContain(answer?.status());
  }
});
