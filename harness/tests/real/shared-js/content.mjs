// Content that the everything-servers return.
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mPQazsIAAJbAXYK9nzKAAAAAElFTkSuQmCC';
const WAV = 'UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==';

export const text = text => ({ type: 'text', text });
export const image = { type: 'image', data: PNG, mimeType: 'image/png' };
export const audio = { type: 'audio', data: WAV, mimeType: 'audio/wav' };
export const resource = (uri, mimeType, text) => ({ type: 'resource', resource: { uri, mimeType, text } });
export const embedded = resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.');
export const mixed = resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}');
/** A tool result. */
export const result = (...content) => ({ content });
/** A message of a prompt, or one for the model. */
export const user = content => ({ role: 'user', content });
/** What the static text resource is listed with. */
export const fixedText = 'This is the content of the static text resource.';
export const listedWith = {
  size: fixedText.length,
  annotations: { audience: ['user'], priority: 0.5, lastModified: '2025-11-25T00:00:00Z' },
  icons: [{ src: `data:image/png;base64,${PNG}`, mimeType: 'image/png', sizes: ['1x1'] }],
};

/** A pause, which a signal ends early by an error. */
export function moment(millis, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, millis);
    signal?.addEventListener('abort', () => (clearTimeout(timer), reject(new Error('cancelled'))));
  });
}
