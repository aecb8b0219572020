// What went wrong, in the language that is set. The servers write English; what they say is known here
// (tests/web/test_explain.py finds what is missing).
import { Refusal } from "../app/api.js";
import { language, t } from "./index.js";

/** The first that fits counts. @type {[RegExp, string][]} */
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
  [/^the database server answered something else$/, "数据库服务器返回了无法识别的内容"],
  [/^there is no such user$/, "没有该用户"],
  [/^there is no user '?(.*?)'?$/, "没有用户“$1”"],
  [/^there is no such group$/, "没有该群组"],
  [/^there is no group (.*)$/, "没有群组 $1"],
  [/^there is no department (.*)$/, "没有部门 $1"],
  [/^there is no discovery entry (.*)$/, "没有发现页条目 $1"],
  [/^there is no webhook (.*)$/, "没有 Webhook $1"],
  [/^there is no key '?(.*?)'? in use$/, "没有正在使用的密钥“$1”"],
  [/^there is no administrator '(.*)'$/, "没有管理员“$1”"],
  [/^there is an administrator '(.*)' already$/, "管理员“$1”已存在"],
  [/^there are (\d+) webhooks, which is the limit$/, "Webhook 数量已达上限（$1 个）"],
  [/^a group is normal.*$/, "群组类型无效"],
  [/^a group needs a name and a member$/, "群组需要名称和至少一名成员"],
  [/^a group's name and picture have at most (\d+) characters each$/, "群组名称和头像各最多 $1 个字符"],
  [/^a group has at most (\d+) members.*$/, "群组最多 $1 名成员"],
  [/^only the creator removes members$/, "只有群主可以移除成员"],
  [/^there is nobody to add$/, "没有可添加的成员"],
  [/^this user does not belong to the group$/, "该用户不在群组中"],
  [/^this user may not add members to the group$/, "该用户无权添加成员"],
  [/^not all of these are dead letters.*$/, "其中有些不是此 Webhook 未能送达的事件"],
  [/^the user is not online with the device '(.*)'$/, "该用户未在此设备上在线（$1）"],
  [/^(.*) must not be empty$/, "内容不能为空（$1）"],
  [/^(.*) must not hold control characters$/, "内容不能包含控制字符（$1）"],
  [/^at most (\d+) users at once$/, "一次最多 $1 个用户"],
  [/^at most (\d+) bytes$/, "内容过大：最多 $1 字节"],
  [/^no answer within (.*) s$/, "$1 秒内没有响应，请重试"],
  [/^the connection was lost$/, "服务器之间的连接中断，请重试"],
  [/^the server is stopping$/, "服务器正在停止，请稍后再试"],
  [/^the server cannot keep up$/, "服务器繁忙，请稍后再试"],
  [/^too many (requests are waiting|sign-ins at once).*$/, "请求过多，请稍后再试"],
  [/^the name or the password is wrong$/, "用户名或密码错误"],
  [/^(sign in first|the session is over; sign in again)$/, "登录已失效，请重新登录"],
  [/^(requests from other pages are not taken|this page is out of date; load it again)$/, "页面已失效，请重新加载"],
  [/^(send JSON|the request did not arrive|after: a time in seconds)$/, "请求无效，请重新加载页面后再试"],
  [/^(there is nothing here|there is no such operation|this version does not know the operation)$/, "服务器不支持此操作"],
  // What the shape of a request forbids, by the field.
  [/^(.*): String should have at most (\d+) characters?$/, "内容过长：最多 $2 个字符（$1）"],
  [/^(.*): String should have at least (\d+) characters?$/, "内容过短：至少 $2 个字符（$1）"],
  [/^(.*): String should match pattern.*$/, "内容无效（$1）"],
  [/^(.*): Input should be greater than or equal to (\d+)$/, "数值过小：至少 $2（$1）"],
  [/^(.*): Input should be less than or equal to (\d+)$/, "数值过大：最多 $2（$1）"],
  [/^(.*): (?:Tuple|Value) should have at (least|most) (\d+) items?.*$/, "数量无效（$1）"],
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
