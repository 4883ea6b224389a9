/**
 * At SIGTERM the HTTP server takes no more connections and lets the requests that run be answered; then `close` ends the streams
 * that would go on for ever, which are of GET and of `subscriptions/listen`, and the process exits.
 */
export function stopsGracefully(server, close) {
  let running = 0;
  let stopping = false;
  const end = async () => {
    if (!stopping || running > 0) return;
    await close();
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 100); // for what `close` has written
  };
  server.prependListener('request', (request, response) => {
    if (request.method === 'GET' || request.headers['mcp-method'] === 'subscriptions/listen') return;
    running++;
    response.once('close', () => {
      running--;
      end();
    });
  });
  process.once('SIGTERM', () => {
    stopping = true;
    server.close();
    end();
  });
}
