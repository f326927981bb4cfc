package dev.warmpath.e2e.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;

/** The response to one request in the form of its API, as a stream or whole. */
public interface Answer {
  /** One token of the text that every answer consists of. */
  String TOKEN = " yes";

  /** Of the stream. */
  String contentType();

  /** What comes right before the first token. */
  ByteBuf begin(TokenCounts counts);

  /** The tokens from {@code from} to {@code to}, exclusive. */
  ByteBuf tokens(int from, int to, boolean last);

  /** What comes after the last token. */
  ByteBuf end(TokenCounts counts);

  ObjectNode whole(TokenCounts counts);
}
