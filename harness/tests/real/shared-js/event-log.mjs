/** The events of one session's streams, in the order they were sent: an EventStore of the SDK. */
export class EventLog {
  #events = [];

  async storeEvent(streamId, message) {
    const eventId = `${this.#events.length}_${streamId}`;
    this.#events.push({ eventId, streamId, message });
    return eventId;
  }

  async getStreamIdForEventId(eventId) {
    return this.#events.find(event => event.eventId === eventId)?.streamId;
  }

  async replayEventsAfter(lastEventId, { send }) {
    const streamId = await this.getStreamIdForEventId(lastEventId);
    const after = this.#events.findIndex(({ eventId }) => eventId === lastEventId) + 1;
    for (const event of this.#events.slice(after)) {
      if (event.streamId === streamId) await send(event.eventId, event.message);
    }
    return streamId;
  }
}
