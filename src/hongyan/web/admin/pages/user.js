// The forms for one user.
import { t } from "../i18n/index.js";
import { formDialog } from "../views/forms.js";

/**
 * @typedef {import("../app/app.js").App} App
 * @typedef {import("./users.js").User} User
 * @typedef {import("../views/forms.js").Field} Field
 */

/** @param {App} app */
export function addUser(app) {
  formDialog(app, t("addUser"), {
    fields: [
      { name: "name", label: "name", required: true, maxlength: 32 },
      { name: "password", label: "password", kind: "password", required: true, maxlength: 128, autocomplete: "new-password" },
      ...personFields(app),
    ],
    action: "add",
    submit: async (values) => {
      await app.api.do("user.add", values);
      app.toast(t("userAdded", { name: values.name }));
      await app.reload();
    },
  });
}

/** @param {App} app @param {User} user */
export function editUser(app, user) {
  formDialog(app, user.name, {
    fields: [...personFields(app, user), { name: "signature", label: "signature", value: user.signature, maxlength: 42 }],
    action: "save",
    submit: async (values) => {
      await app.api.do("user.edit", { id: user.id, change: { ...values, nick: values.nick || user.name } });
      app.toast(t("saved"));
      await app.reload();
    },
  });
}

/** @param {App} app @param {User} user */
export function resetPassword(app, user) {
  formDialog(app, `${t("resetPassword")}: ${user.name}`, {
    fields: [{ name: "password", label: "newPassword", kind: "password", required: true, maxlength: 128, hint: "resetHint", autocomplete: "new-password" }],
    action: "resetPassword",
    submit: async ({ password }) => {
      await app.api.do("user.password", { id: user.id, password });
      app.toast(t("passwordReset", { name: user.name }));
    },
  });
}

/** @param {App} app @param {User} [user] @returns {Field[]} */
function personFields(app, user) {
  return [
    { name: "nick", label: "nick", value: user?.nick, maxlength: 32 },
    { name: "department_id", label: "department", kind: "select", value: user?.department_id ?? 0, options: [[0, t("noDepartment")], ...app.departments] },
    { name: "phone", label: "phone", kind: "tel", value: user?.phone, maxlength: 11 },
    { name: "email", label: "email", kind: "email", value: user?.email, maxlength: 64 },
    { name: "sex", label: "sex", kind: "select", value: user?.sex ?? "unknown", options: [["unknown", t("unknown")], ["male", t("male")], ["female", t("female")]] },
  ];
}
