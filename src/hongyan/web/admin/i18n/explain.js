// What went wrong, in the language that is set. The servers write English; what they say most is known here.
import { Refusal } from "../app/api.js";
import { language, t } from "./index.js";

/** @type {[RegExp, string][]} */
const IN_CHINESE = [
  [/^the name '(.*)' is taken$/, "用户名“$1”已被占用"],
  [/^the name '(.*)' comes twice$/, "用户名“$1”出现了两次"],
  [/^there is no department '(.*)'$/, "没有部门“$1”"],
  [/^there is a department '(.*)' already$/, "部门“$1”已存在"],
  [/^there is a key '(.*)' already$/, "密钥“$1”已存在"],
  [/^the name is empty$/, "缺少用户名"],
  [/^the password is empty$/, "缺少密码"],
  [/^sex '(.*)': .*$/, "性别“$1”无效：请写 male、female 或 unknown"],
  [/^this line has another number of columns.*$/, "此行的列数与表头不一致"],
  [/^the file:1: the columns must be.*$/, "表头必须包含 name、password，以及可选的 nick、department、phone、email、sex"],
  [/^(.*) has at most (\d+) characters, this has (\d+)$/, "内容过长：最多 $2 个字符，现有 $3 个（$1）"],
  [/^a department cannot lie below itself$/, "部门不能位于自己的下级"],
  [/^there are users in it; move them first$/, "该部门还有用户，请先移走"],
  [/^there are departments below it.*$/, "该部门还有下级部门，请先移走或删除"],
  [/^the old password is wrong$/, "原密码错误"],
  [/^too many wrong passwords.*$/, "密码错误次数过多，请一分钟后再试"],
  [/^the (database|route) server is not connected.*$/, "服务器之间的连接尚未建立，请稍后再试"],
];

/** @param {unknown} error */
export function explain(error) {
  if (!(error instanceof Refusal)) throw error;
  return error.code === "offline" ? t("offline") : explainText(error.message);
}

/** @param {string} text */
export function explainText(text) {
  if (language !== "zh") return capitalised(text);
  for (const [pattern, words] of IN_CHINESE) if (pattern.test(text)) return text.replace(pattern, words);
  return capitalised(text);
}

/** @param {string} text */
function capitalised(text) {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
