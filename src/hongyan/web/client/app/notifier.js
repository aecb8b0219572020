// Tells of messages outside the page: notifications, and the number in the tab's title.
import { t } from "../i18n/index.js";
import { chatName, summary, totalUnread, userName } from "../state/select.js";
import { GROUP } from "../wire/content.js";

/** @typedef {import("../state/store.js").Store} Store */

export class Notifier {
  /**
   * @param {Store} store
   * @param {(key: string) => void} open
   */
  constructor(store, open) {
    this.store = store;
    this.open = open;
    store.subscribe((state) => {
      const unread = state.phase === "ready" ? totalUnread(state) : 0;
      document.title = (unread ? `(${unread > 99 ? "99+" : unread}) ` : "") + "Hongyan 鸿雁";
    });
  }

  /**
   * @param {string} key
   * @param {import("../state/model.js").Message} message
   */
  message(key, message) {
    const { state } = this.store;
    const chat = state.chats.get(key);
    if (!chat || !state.settings.notifications || !("Notification" in window) || Notification.permission !== "granted") return;
    const text = summary(message.type, message.data, { image: t("image"), voice: t("voice"), file: t("file") });
    const body = chat.type === GROUP ? `${userName(state, message.from)}: ${text}` : text;
    // The tag is the same in every tab, so that the browser shows it once.
    const notification = new Notification(chatName(state, chat), { body, tag: `${key}/${message.id}` });
    notification.onclick = () => {
      window.focus();
      this.open(key);
      notification.close();
    };
  }

  /** @returns {Promise<boolean>} whether it is allowed now */
  async ask() {
    if (!("Notification" in window)) return false;
    return (await Notification.requestPermission()) === "granted";
  }
}
