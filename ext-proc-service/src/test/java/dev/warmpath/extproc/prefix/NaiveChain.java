package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Parameter;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Role;
import dev.warmpath.extproc.prompt.SegmentKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt's blocks, each as all that precedes its end: what {@link PrefixHasher} keeps as a hash.
 * In the order in which caches see it, with what begins where and who speaks.
 */
final class NaiveChain {

  /** Of each block, all up to its end. */
  final List<String> blocks = new ArrayList<>();

  final List<Integer> textEnds = new ArrayList<>();
  int rootBlocks;
  int conversationBlocks;
  String root = "";
  String conversation = "";

  private final Prompt prompt;
  private final int blockBytes;
  private final StringBuilder all = new StringBuilder();

  NaiveChain(Prompt prompt, Scope scope, int blockBytes) {
    this.prompt = prompt;
    this.blockBytes = blockBytes;
    tell("salt", prompt.cacheSaltTextStart(), prompt.cacheSaltTextEnd());
    if (prompt.hasHistory()) {
      tell("history", prompt.historyTextStart(), prompt.historyTextEnd());
    }
    parameters(scope, Parameter.Position.START);
    int segment = 0;
    while (segment < prompt.segments() && prompt.kind(segment) == SegmentKind.TOOL) {
      segment++;
    }
    if (segment > 0) {
      all.append("<tools>");
      cut(0, prompt.textEnd(segment - 1));
    }
    parameters(scope, Parameter.Position.AFTER_TOOLS);
    while (segment < prompt.segments() && prompt.kind(segment) == SegmentKind.SYSTEM) {
      all.append("<system>");
      cut(prompt.textStart(segment), prompt.textEnd(segment));
      segment++;
    }
    rootBlocks = blocks.size();
    root = all.toString();
    parameters(scope, Parameter.Position.AFTER_SYSTEM);
    boolean imagesVoid =
        prompt.dialect() == Dialect.ANTHROPIC_MESSAGES
            || prompt.dialect() == Dialect.BEDROCK_CONVERSE;
    if (scope.lane() == Scope.Lane.PROVIDER && imagesVoid && prompt.hasImages()) {
      all.append("<images>");
    }
    boolean told = false;
    int end = prompt.inputs() > 1 ? segment + 1 : prompt.segments();
    for (; segment < end; segment++) {
      all.append('<').append(prompt.role(segment)).append('>');
      cut(prompt.textStart(segment), prompt.textEnd(segment));
      if (!told && prompt.role(segment) == Role.USER) {
        told = true;
        endConversation();
      }
    }
    if (!told) {
      endConversation();
    }
  }

  private void endConversation() {
    conversationBlocks = blocks.size();
    conversation = all.toString();
  }

  private void parameters(Scope scope, Parameter.Position position) {
    StringBuilder told = new StringBuilder();
    for (Parameter parameter : Parameter.values()) {
      if (prompt.has(parameter) && position(scope, parameter) == position) {
        told.append(text(prompt.parameterTextStart(parameter), prompt.parameterTextEnd(parameter)));
      }
    }
    if (!told.isEmpty()) {
      all.append("<parameters>").append(told).append("</>");
    }
  }

  /** Null where the lane's caches don't see it. */
  private Parameter.@Nullable Position position(Scope scope, Parameter parameter) {
    if (scope.lane() == Scope.Lane.PROVIDER) {
      return parameter.position();
    }
    return switch (parameter) {
      case THINKING, EFFORT, REASONING -> Parameter.Position.START;
      case TOOL_CHOICE -> {
        String choice =
            text(prompt.parameterTextStart(parameter), prompt.parameterTextEnd(parameter));
        yield choice.endsWith(":\"none\u00ff\u00ff") ? Parameter.Position.START : null;
      }
      case SUFFIX -> Parameter.Position.AFTER_SYSTEM;
      default -> parameter.position() == Parameter.Position.START ? parameter.position() : null;
    };
  }

  private void tell(String what, int start, int end) {
    all.append('<').append(what).append('>').append(text(start, end)).append("</>");
  }

  private void cut(int start, int end) {
    for (int from = start; from < end; from += blockBytes) {
      int to = Math.min(end, from + blockBytes);
      // The cut is part of it: a block that ends early is another than the longer one.
      all.append(text(from, to)).append('|');
      blocks.add(all.toString());
      textEnds.add(to);
    }
  }

  /** Each byte a character. */
  private String text(int start, int end) {
    return new String(prompt.text(), start, end - start, ISO_8859_1);
  }
}
