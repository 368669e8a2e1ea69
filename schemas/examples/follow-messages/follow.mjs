// Follows the messages of one project, from the first one on, and prints each as a CloudEvent: one JSON object per line.
//
//     npm ci && node follow.mjs nats://127.0.0.1:4222 prj_01…
//
// Nothing here is Paige's: the subject says whose event it is, `ce-type` what it is. Schemas: ../../events.
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { HTTP } from 'cloudevents'

const [servers, project] = process.argv.slice(2)
if (!project) throw new Error('usage: node follow.mjs <nats url> <project id>')

// Without the last of these, the client gives up when the broker is away for twenty seconds.
const nats = await connect({ servers, name: 'follow-messages', maxReconnectAttempts: -1 })
process.once('SIGINT', () => nats.close())

// An ordered consumer keeps nothing on the broker and resumes by itself after a reconnect, without gap or repeat. What it
// did not ask for again it asks for when heartbeats are missing: here one a second, not one in fifteen.
const consumer = await jetstream(nats).consumers.get('conversation', { filter_subjects: `conversation.${project}.>` })
for await (const message of await consumer.consume({ idle_heartbeat: 1_000 })) {
  const headers = Object.fromEntries(message.headers.keys().map((name) => [name, message.headers.get(name)]))
  if (!headers['ce-type'].startsWith('conversation.message_')) continue
  console.log(JSON.stringify(HTTP.toEvent({ headers, body: message.string() })))
}
await nats.closed().then((cause) => { if (cause) throw cause })
