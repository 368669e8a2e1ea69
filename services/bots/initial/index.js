import express from 'express';

const app = express();
app.use(express.json({ limit: '1mb' }));

// Asked before the bot gets its first message.
app.get('/healthz', (_request, response) => {
  response.send('ok');
});

// What a person writes to your number arrives here; what you answer with goes back to them.
app.post('/messages', (request, response) => {
  const { text } = request.body ?? {};
  response.json({ replies: [{ type: 'text', text: text ? `You said: ${text}` : 'Hello!' }] });
});

const port = Number(process.env.PORT ?? 3000);
app.listen(port, () => {
  console.log(`bot listens on port ${port}`);
});
