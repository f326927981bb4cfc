package dev.warmpath.e2e.provider;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * A prompt on its way to becoming blocks: in the order of processing, each named by all before it.
 * Not thread-safe.
 */
final class PromptChain {
  private final double bytesPerToken;
  private final MessageDigest digest = sha256();
  private final List<PromptBlock> blocks = new ArrayList<>();
  private byte[] chain;
  private long promptBytes;

  /** An empty prompt; {@code scope}: who shares the cache, and the model. */
  PromptChain(String scope, double bytesPerToken) {
    this.bytesPerToken = bytesPerToken;
    chain = scope.getBytes(StandardCharsets.UTF_8);
  }

  /** A new part of the prompt begins, whose names {@code parameters} enter. */
  void layer(String name, String... parameters) {
    extend(name, String.join("\0", parameters));
  }

  /** A block of text. */
  void add(String path, String role, String text, int ttlSeconds) {
    add(path, role, text, ttlSeconds, text.getBytes(StandardCharsets.UTF_8).length);
  }

  /** A block that says {@code canonical} and counts as {@code bytes}. */
  void add(String path, String role, String canonical, int ttlSeconds, double bytes) {
    promptBytes += Math.round(bytes);
    extend(role, canonical);
    var prefix = ByteBuffer.wrap(chain);
    blocks.add(
        new PromptBlock(
            path,
            new CachedPrefix(prefix.getLong(), prefix.getLong()),
            (long) Math.ceil(promptBytes / bytesPerToken),
            ttlSeconds));
  }

  /** Puts a marker on a block. */
  void mark(int block, int ttlSeconds) {
    PromptBlock old = blocks.get(block);
    blocks.set(block, new PromptBlock(old.path(), old.prefix(), old.endTokens(), ttlSeconds));
  }

  int size() {
    return blocks.size();
  }

  PromptBlock get(int block) {
    return blocks.get(block);
  }

  List<PromptBlock> blocks() {
    return List.copyOf(blocks);
  }

  private void extend(String kind, String canonical) {
    digest.update(chain);
    digest.update((kind + "\0").getBytes(StandardCharsets.UTF_8));
    digest.update(canonical.getBytes(StandardCharsets.UTF_8));
    chain = digest.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
