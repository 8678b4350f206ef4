import { type Input, layout } from "./layout";

self.onmessage = (message: MessageEvent<{ id: number; input: Input }>) => {
  self.postMessage({ id: message.data.id, layout: layout(message.data.input) });
};
