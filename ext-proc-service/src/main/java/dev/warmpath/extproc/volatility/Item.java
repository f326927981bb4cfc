package dev.warmpath.extproc.volatility;

import dev.warmpath.extproc.prompt.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of one tool, system segment, parameter or message. Immutable by agreement; shared by
 * the outlines of prompts that have it in common.
 */
final class Item {
  final Site site;

  /** Of the prompt's segments; of a parameter, its rank among all. */
  final int segment;

  /** Among those of its site. */
  final int index;

  /**
   * What finds it again in another prompt: hash of a tool's or parameter's name, else its index.
   */
  final long key;

  /** Null: it is none. */
  final @Nullable Parameter parameter;

  final long hash;

  /** Of its JSON, equal whatever the order of members; {@link #hash} where it is not JSON. */
  final long keylessHash;

  /** The same, and whatever the order of elements. */
  final long orderlessHash;

  /** Whether it holds a list of tools by itself. */
  final boolean declarations;

  final int bytes;
  final long[] tokens;

  /** Bytes that the tokens cover. */
  final int tokenBytes;

  Item(
      Site site,
      int segment,
      int index,
      long key,
      @Nullable Parameter parameter,
      long hash,
      CanonicalJson.Hashes json,
      int bytes,
      long[] tokens) {
    this.site = site;
    this.segment = segment;
    this.index = index;
    this.key = key;
    this.parameter = parameter;
    this.hash = hash;
    this.keylessHash = json.keyless();
    this.orderlessHash = json.orderless();
    this.declarations = json.declarations();
    this.bytes = bytes;
    this.tokens = tokens;
    int covered = 0;
    for (long token : tokens) {
      covered += Tokens.bytes(token);
    }
    tokenBytes = covered;
  }

  /** The order in which caches see sites and parameters. */
  int rank() {
    return switch (site) {
      case TOOL -> 1;
      case SYSTEM -> 3;
      case MESSAGE -> 5;
      case PARAMETER ->
          parameter == null
              ? 4
              : switch (parameter.position()) {
                case START -> 0;
                case AFTER_TOOLS -> 2;
                case AFTER_SYSTEM -> 4;
              };
    };
  }

  /** A parameter's name, else empty. */
  String parameterName() {
    return parameter == null ? "" : parameter.label();
  }
}
