// Tools that run as tasks, by the names of scenarios/contract.yaml.
import { InMemoryTaskMessageQueue, InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { moment, result, text } from './shared/content.mjs';
import { form } from './shared/schemas.mjs';

const question = {
  method: 'elicitation/create',
  params: { message: 'What is your name?', requestedSchema: form({ name: { type: 'string' } }, true) },
};

/** What a server of these tools is made with. */
export const taskOptions = () => ({ taskStore: new InMemoryTaskStore(), taskMessageQueue: new InMemoryTaskMessageQueue() });
export const taskCapability = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

/** Adds the tools; slow work that was cancelled is counted in `activity`. */
export function addTaskTools(server, activity) {
  const add = (name, work, taskSupport = 'optional') => addTaskTool(server, name, work, taskSupport);
  const quick = () => moment(60).then(() => result(text('The work is done.')));
  add('test_task', quick);
  add('test_task_required', quick, 'required');
  add('test_task_slow', async ({ args: { seconds, steps }, live, progress }) => {
    for (let step = 1; step <= steps; step++) {
      await moment((seconds * 1000) / steps);
      if (!(await live())) return activity.cancelled++;
      await progress(step, steps);
    }
    return result(text('The work is done.'));
  });
  add('test_task_error', () => moment(60).then(() => ({ ...result(text('It failed.')), isError: true })));
  add('test_task_elicitation', ({ ask }) => moment(60).then(ask).then(({ action }) => result(text(action))));
}

function addTaskTool(server, name, work, taskSupport) {
  const inputSchema = { seconds: z.number().default(0.6), steps: z.int().default(10) };
  const config = { description: `Runs as a task: ${name}`, inputSchema, annotations: { readOnlyHint: true }, execution: { taskSupport } };
  server.experimental.tasks.registerToolTask(name, config, {
    async createTask(args, { taskStore, taskRequestedTtl, sendRequest, _meta }) {
      const task = await taskStore.createTask({ ttl: taskRequestedTtl, pollInterval: 50 });
      const { taskId } = task;
      const relatedTask = { taskId };
      const live = async () => (await taskStore.getTask(taskId)).status === 'working';
      const ask = async () => {
        await taskStore.updateTaskStatus(taskId, 'input_required');
        const answer = await sendRequest(question, ElicitResultSchema, { relatedTask });
        await taskStore.updateTaskStatus(taskId, 'working');
        return answer;
      };
      const progress = async (progress, total) => {
        const progressToken = _meta?.progressToken;
        if (progressToken === undefined) return;
        await server.server.notification({ method: 'notifications/progress', params: { progressToken, progress, total } }, { relatedTask });
      };
      const run = async () => {
        const outcome = await work({ args, live, ask, progress });
        if (outcome.isError) await taskStore.updateTaskStatus(taskId, 'working', 'The tool failed.');
        await taskStore.storeTaskResult(taskId, outcome.isError ? 'failed' : 'completed', outcome);
      };
      // A task that was cancelled or has expired meanwhile takes no result.
      run().catch(() => {});
      return { task };
    },
    getTask: (_, { taskId, taskStore }) => taskStore.getTask(taskId),
    getTaskResult: (_, { taskId, taskStore }) => taskStore.getTaskResult(taskId),
  });
}
