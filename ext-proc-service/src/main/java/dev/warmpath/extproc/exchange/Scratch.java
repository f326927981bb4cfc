package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import dev.warmpath.extproc.annotate.AnnotationPlanner;
import dev.warmpath.extproc.pick.Pick;
import dev.warmpath.extproc.pick.PrefixBlocks;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prompt.BodyShape;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import java.util.Arrays;

/**
 * What one event loop needs to plan a request, reused from request to request so that the hot path
 * allocates little. Owned by one thread; grows to the largest body seen, which {@link
 * Limits#maxBodyBytes} bounds.
 */
final class Scratch {

  private static final int INITIAL_BYTES = 64 * 1024;

  final PromptScanner scanner;
  final BodyShape shape;
  final PrefixHasher hasher;
  final Prompt prompt = new Prompt();
  final PrefixChain chain = new PrefixChain();
  final PrefixBlocks blocks = new PrefixBlocks();
  final Pick pick = new Pick();
  final AnnotationPlanner annotationPlanner = new AnnotationPlanner();
  private byte[] body = new byte[INITIAL_BYTES];
  private byte[] chunk = new byte[INITIAL_BYTES];

  Scratch(PromptScanner.Limits limits, long digestSeed, PrefixHasher hasher) {
    scanner = new PromptScanner(limits, digestSeed);
    shape = new BodyShape(limits);
    this.hasher = hasher;
  }

  /** The bytes of a request body, in an array that is valid until the next call. */
  byte[] body(ByteString bytes) {
    body = copy(bytes, body);
    return body;
  }

  /** The bytes of a response chunk, in an array that is valid until the next call. */
  byte[] chunk(ByteString bytes) {
    chunk = copy(bytes, chunk);
    return chunk;
  }

  private static byte[] copy(ByteString bytes, byte[] into) {
    byte[] target = into;
    if (bytes.size() > target.length) {
      target = Arrays.copyOf(target, Math.max(bytes.size(), 2 * target.length));
    }
    bytes.copyTo(target, 0);
    return target;
  }
}
