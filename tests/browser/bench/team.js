/**
 * The members of a team that trains one workload: `crates/bench/src/team.rs`, with message ports between the
 * lead and each helper, as between the workers of the site in fast mode.
 *
 * To a helper go `{}`, which has it begin a step, and `{ loss, gradients }`, the sum, which has it end the
 * step. From it come `{ ready }`, and for each step `{ loss, gradients }`, its share; `{ error }` if it cannot
 * go on. The buffer of the gradients is transferred: one for each helper goes back and forth.
 */

/** Leads helpers at the other ends of `ports`, in the order of their numbers. Returns the line. */
export async function lead({ Lead }, { workload, location, seconds, workers, ports }) {
  for (const port of ports) {
    await answerOf(port);
  }
  const team = new Lead(workload, workers, seconds);
  let isMeasured = false;
  while (!isMeasured) {
    const answers = ports.map((port) => {
      port.postMessage({});
      return answerOf(port);
    });
    await delivery();
    team.beginStep();
    const shares = [];
    for (const answer of answers) {
      const share = await answer;
      team.add(share.loss, share.gradients);
      shares.push(share.gradients);
    }
    ports.forEach((port, index) => {
      const gradients = shares[index];
      port.postMessage({ loss: team.readSum(gradients), gradients }, [gradients.buffer]);
    });
    await delivery();
    isMeasured = team.endStep();
  }
  return team.line(location);
}

/** Helps the lead at the other end of `port`. */
export function help({ Helper }, { workload, member, workers, port }) {
  let helper;
  let used;
  const obey = (action) => {
    try {
      action();
    } catch (error) {
      port.postMessage({ error: error?.message ?? String(error) });
    }
  };
  port.onmessage = ({ data: { loss, gradients } }) =>
    obey(() => {
      if (gradients) {
        helper.endStep(loss, gradients);
        used = gradients;
        return;
      }
      helper.beginStep();
      const share = helper.gradients(used);
      port.postMessage({ loss: helper.loss, gradients: share }, [share.buffer]);
    });
  obey(() => {
    helper = new Helper(workload, member, workers);
    port.postMessage({ ready: true });
  });
}

/** Chromium delivers what a worker posts when its task ends: ends this one, and goes on in the next. */
function delivery() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** What comes next from a helper. */
function answerOf(port) {
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
  });
}
