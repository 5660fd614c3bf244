/** Lines of a stream as they come: only a newline ends one. What stands behind the last one is left out. */
export async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Buffer, {stream: true})).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}
