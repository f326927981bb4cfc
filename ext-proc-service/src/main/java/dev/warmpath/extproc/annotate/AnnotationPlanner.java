package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Role;
import dev.warmpath.extproc.prompt.SegmentKind;
import dev.warmpath.extproc.provider.ModelEntry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a request gets {@code cache_control} markers, and writes them as byte splices.
 *
 * <p>The rules, which are Anthropic's advice for conversations:
 *
 * <ol>
 *   <li>Candidates are the four of {@link Boundary}: the last block that may carry a marker in the
 *       tools, in the system prompt, in the user's last turn, and in the user's turn before.
 *   <li>A request reads what an earlier one wrote at its own marker, if a marker now stands there
 *       or at most {@link ModelEntry#lookbackBlocks} blocks behind. The previous request of a
 *       conversation ended at the user's previous turn; so where the model's turn and the user's
 *       last one together have more than three quarters of that, the previous turn's end is marked
 *       too, and hit exactly, however long the turn was.
 *   <li>Free markers go first to the end of what all requests share (system prompt, or tools where
 *       that has no marker), then to the conversation, the previous turn, and the tools.
 *   <li>An assistant's message at the very end is the beginning of the answer, which the next
 *       request will not repeat; the user's message before it is the end of the conversation.
 * </ol>
 *
 * <p>What the client marked stands. Its markers are counted, none is moved or changed, and no
 * five-minute marker of ours comes before a one-hour marker of its (which the provider refuses).
 * Tools or system prompt that it marked are its business; where it marked them before their end it
 * says that the rest changes, and nothing behind is marked. Its marker in the conversation stands
 * for the conversation, unless a later turn has outgrown it.
 *
 * <p>Blocks that must not carry a marker don't get one: thinking, empty or blank texts, tools that
 * load deferred, blocks of kinds that are not known, blocks whose {@code cache_control} is null.
 *
 * <p><b>What this does not know yet:</b> whether a prefix will be read again. A marker is written
 * at 1.25 times the input's price and pays at its second use; these rules place it wherever advice
 * says that reuse is likely. A system prompt that holds the time, or traffic of single questions
 * over documents of their own, pays the surcharge for nothing. Expected reuse, learned per route
 * and scope, has to decide that; until then, {@code forecast} shows what would be marked.
 *
 * <p>Tokens are estimated: canonical text bytes by the given ratio, a flat {@value #IMAGE_TOKENS}
 * for an image, and for a file given as data one for {@value #DATA_BYTES_PER_TOKEN} of its bytes. A
 * boundary counts from 0.9 of the model's minimum: being under it costs nothing at Anthropic.
 *
 * <p>Not thread-safe: one owner, reused. Allocates the plan and no more, whatever the prompt's
 * size.
 */
public final class AnnotationPlanner {

  private static final String MARKER = "\"cache_control\":{\"type\":\"ephemeral\"}";
  private static final byte[] MEMBER = MARKER.getBytes(US_ASCII);
  private static final byte[] MEMBER_COMMA = (MARKER + ',').getBytes(US_ASCII);
  private static final byte[] BEFORE_STRING = "[{\"type\":\"text\",\"text\":".getBytes(US_ASCII);
  private static final byte[] AFTER_STRING = (',' + MARKER + "}]").getBytes(US_ASCII);

  private static final byte[] DEFER_LOADING = "defer_loading".getBytes(US_ASCII);
  private static final int HOUR_SECONDS = 3600;

  /** Anthropic: width × height ÷ 750, at most about 1,600; a usual one. */
  private static final int IMAGE_TOKENS = 1000;

  /** Guess, unmeasured: a page of a PDF is some 60 kB and 2,000 tokens. */
  private static final int DATA_BYTES_PER_TOKEN = 32;

  /** A digest with the frame of its block is shorter, any document's text longer. */
  private static final int MAX_DIGEST_BYTES = 64;

  private static final double MINIMUM_MARGIN = 0.9;

  /** Anthropic's advice: a marker about every 15 blocks, for a lookback of 20. */
  private static final double LOOKBACK_MARGIN = 0.75;

  private static final int BOUNDARIES = Boundary.values().length;
  private static final int TOOLS = Boundary.TOOLS.index;
  private static final int SYSTEM = Boundary.SYSTEM.index;
  private static final int PREVIOUS_TURN = Boundary.PREVIOUS_TURN.index;
  private static final int CONVERSATION = Boundary.CONVERSATION.index;
  private static final int NO_PART = -1;
  private static final int NO_SEGMENT = -1;

  private static final int[] SYSTEM_FIRST = {SYSTEM, CONVERSATION, PREVIOUS_TURN, TOOLS};
  private static final int[] TOOLS_FIRST = {TOOLS, CONVERSATION, PREVIOUS_TURN, SYSTEM};

  private final Splices.Builder splices = new Splices.Builder();

  /** Part that a boundary would mark, or {@link #NO_PART}. */
  private final int[] candidates = new int[BOUNDARIES];

  /**
   * Plans the markers of a request.
   *
   * @param prompt scanned
   * @param model its row of the catalogue; null: none
   * @param bytesPerToken canonical text bytes that make a token, by estimate; above 0
   */
  public AnnotationPlan plan(Prompt prompt, @Nullable ModelEntry model, double bytesPerToken) {
    if (!(bytesPerToken > 0)) {
      throw new IllegalArgumentException("bytesPerToken: " + bytesPerToken + " (expected: > 0)");
    }
    int clientMarkedTextEnd = clientMarkedTextEnd(prompt);
    if (model == null) {
      return nothing(Decision.UNKNOWN_MODEL, clientMarkedTextEnd);
    }
    if (prompt.dialect() != Dialect.ANTHROPIC_MESSAGES || model.maxMarkers() == 0) {
      return nothing(Decision.NO_MARKERS, clientMarkedTextEnd);
    }

    Decision[] decisions = new Decision[BOUNDARIES];
    Arrays.fill(decisions, Decision.ABSENT);
    Arrays.fill(candidates, NO_PART);
    int firstMessage = end(prompt, 0, SegmentKind.SYSTEM);
    int toolsEnd = firstPart(prompt, end(prompt, 0, SegmentKind.TOOL));
    int systemEnd = firstPart(prompt, firstMessage);
    boolean stableTools = root(prompt, TOOLS, 0, toolsEnd, decisions);
    boolean stableSystem = root(prompt, SYSTEM, toolsEnd, systemEnd, decisions);
    conversation(prompt, firstMessage, model, decisions);
    int stableUpTo = !stableTools ? TOOLS : !stableSystem ? SYSTEM : CONVERSATION;
    long[] tokens = estimatedTokens(prompt, bytesPerToken);
    int lastHour = lastHourMarker(prompt);
    for (int boundary = 0; boundary < BOUNDARIES; boundary++) {
      if (decisions[boundary] != Decision.PLACED) {
        continue;
      }
      if (boundary > stableUpTo) {
        decisions[boundary] = Decision.BEHIND_VOLATILE;
      } else if (tokens[boundary] < MINIMUM_MARGIN * model.minCacheTokens()) {
        decisions[boundary] = Decision.BELOW_MINIMUM;
      } else if (candidates[boundary] <= lastHour) {
        decisions[boundary] = Decision.TTL_ORDER;
      }
    }
    int placedTextEnd = place(prompt, model.maxMarkers() - prompt.markers(), decisions);
    return new AnnotationPlan(
        splices.build(), decisions, tokens, placedTextEnd, clientMarkedTextEnd);
  }

  private static AnnotationPlan nothing(Decision why, int clientMarkedTextEnd) {
    Decision[] decisions = new Decision[BOUNDARIES];
    Arrays.fill(decisions, why);
    return new AnnotationPlan(
        Splices.NONE, decisions, new long[BOUNDARIES], 0, clientMarkedTextEnd);
  }

  /**
   * The boundary of the tools or of the system prompt, parts {@code from} to {@code to}. Until free
   * markers are given away PLACED stands for "wanted", here and below.
   *
   * @return false when the client marked it before its end, so that what follows changes
   */
  private boolean root(Prompt prompt, int boundary, int from, int to, Decision[] decisions) {
    if (from == to) {
      return true;
    }
    int carrier = lastCarrier(prompt, from, to);
    int marked = lastMarked(prompt, from, to);
    if (marked != NO_PART) {
      decisions[boundary] = Decision.CLIENT_MARKED;
      return carrier < marked;
    }
    want(boundary, carrier, decisions);
    return true;
  }

  private void want(int boundary, int carrier, Decision[] decisions) {
    candidates[boundary] = carrier;
    decisions[boundary] = carrier == NO_PART ? Decision.NO_CACHEABLE_BLOCK : Decision.PLACED;
  }

  /** The end of the user's last turn, and of the one before. */
  private void conversation(
      Prompt prompt, int firstMessage, ModelEntry model, Decision[] decisions) {
    int lastUser = lastUser(prompt, firstMessage, prompt.segments());
    if (lastUser == NO_SEGMENT) {
      return;
    }
    int turn = lastUser;
    while (turn > firstMessage && prompt.role(turn - 1) != Role.ASSISTANT) {
      turn--;
    }
    int answer = turn;
    while (answer > firstMessage && prompt.role(answer - 1) == Role.ASSISTANT) {
      answer--;
    }
    boolean clientMarked = lastMarked(prompt, prompt.partsStart(answer), prompt.parts()) != NO_PART;
    if (clientMarked) {
      decisions[CONVERSATION] = Decision.CLIENT_MARKED;
    } else if (prompt.topLevelMarker()) {
      decisions[CONVERSATION] = Decision.AUTOMATIC;
    } else {
      want(
          CONVERSATION,
          lastCarrier(prompt, prompt.partsStart(lastUser), prompt.partsEnd(lastUser)),
          decisions);
    }

    int previousUser = lastUser(prompt, firstMessage, answer);
    if (previousUser == NO_SEGMENT) {
      return;
    }
    int from = prompt.partsStart(previousUser);
    int to = prompt.partsEnd(previousUser);
    if (clientMarked || lastMarked(prompt, from, to) != NO_PART) {
      decisions[PREVIOUS_TURN] = Decision.CLIENT_MARKED;
      return;
    }
    want(PREVIOUS_TURN, lastCarrier(prompt, from, to), decisions);
    int end = prompt.topLevelMarker() ? prompt.parts() - 1 : candidates[CONVERSATION];
    int distance = end - candidates[PREVIOUS_TURN];
    if (decisions[PREVIOUS_TURN] == Decision.PLACED
        && end != NO_PART
        && distance <= LOOKBACK_MARGIN * model.lookbackBlocks()) {
      decisions[PREVIOUS_TURN] = Decision.WITHIN_LOOKBACK;
    }
  }

  /**
   * Gives free markers to the boundaries that want one.
   *
   * @return end of the last marked block in the canonical text, 0 without one
   */
  private int place(Prompt prompt, int freeMarkers, Decision[] decisions) {
    int free = freeMarkers;
    int textEnd = 0;
    boolean systemHolds =
        decisions[SYSTEM] == Decision.PLACED || decisions[SYSTEM] == Decision.CLIENT_MARKED;
    for (int boundary : systemHolds ? SYSTEM_FIRST : TOOLS_FIRST) {
      if (decisions[boundary] != Decision.PLACED) {
        continue;
      }
      if (free <= 0) {
        decisions[boundary] = Decision.NO_FREE_MARKER;
        continue;
      }
      free--;
      int part = candidates[boundary];
      mark(prompt, part);
      textEnd = Math.max(textEnd, prompt.partTextEnd(part));
    }
    return textEnd;
  }

  private void mark(Prompt prompt, int part) {
    int start = prompt.partRawStart(part);
    if (prompt.partIsString(part)) {
      splices.insert(start, BEFORE_STRING);
      splices.insert(prompt.partRawEnd(part), AFTER_STRING);
    } else {
      boolean alone = RawObject.isEmpty(prompt.body(), start);
      splices.insert(start + 1, alone ? MEMBER : MEMBER_COMMA);
    }
  }

  /** Tokens up to the end of each candidate. */
  private long[] estimatedTokens(Prompt prompt, double bytesPerToken) {
    long[] tokens = new long[BOUNDARIES];
    long dataTokens = 0;
    for (int part = 0; part < prompt.parts(); part++) {
      dataTokens += dataTokens(prompt, part);
      for (int boundary = 0; boundary < BOUNDARIES; boundary++) {
        if (candidates[boundary] == part) {
          tokens[boundary] = dataTokens + (long) (prompt.partTextEnd(part) / bytesPerToken);
        }
      }
    }
    return tokens;
  }

  /** Tokens of what stands in the canonical text as a digest only. */
  private static long dataTokens(Prompt prompt, int part) {
    return switch (prompt.partKind(part)) {
      case IMAGE -> IMAGE_TOKENS;
      case DOCUMENT -> {
        int rawBytes = prompt.partRawEnd(part) - prompt.partRawStart(part);
        int textBytes = prompt.partTextEnd(part) - prompt.partTextStart(part);
        yield textBytes < MAX_DIGEST_BYTES ? rawBytes / DATA_BYTES_PER_TOKEN : 0;
      }
      case TOOL, TEXT, TOKENS, TOOL_USE, TOOL_RESULT, THINKING, OTHER -> 0;
    };
  }

  /**
   * The last part that carries a one-hour marker of the client. One whose place the scanner does
   * not report, at the top level or inside a tool's result, counts as if it were the very last.
   */
  private static int lastHourMarker(Prompt prompt) {
    int last = NO_PART;
    int elsewhere = prompt.hourMarkers();
    for (int part = 0; part < prompt.parts(); part++) {
      if (prompt.partMarker(part) == HOUR_SECONDS) {
        elsewhere--;
        last = part;
      }
    }
    return elsewhere > 0 ? Integer.MAX_VALUE : last;
  }

  private static int clientMarkedTextEnd(Prompt prompt) {
    if (prompt.topLevelMarker()) {
      return prompt.textLength();
    }
    int marked = lastMarked(prompt, 0, prompt.parts());
    return marked == NO_PART ? 0 : prompt.partTextEnd(marked);
  }

  private static int lastMarked(Prompt prompt, int from, int to) {
    for (int part = to - 1; part >= from; part--) {
      if (prompt.partMarker(part) > 0) {
        return part;
      }
    }
    return NO_PART;
  }

  /** The last part that may carry a marker and has none. */
  private static int lastCarrier(Prompt prompt, int from, int to) {
    for (int part = to - 1; part >= from; part--) {
      if (prompt.partMarker(part) == 0 && mayCarryMarker(prompt, part)) {
        return part;
      }
    }
    return NO_PART;
  }

  private static boolean mayCarryMarker(Prompt prompt, int part) {
    byte[] body = prompt.body();
    int start = prompt.partRawStart(part);
    int end = prompt.partRawEnd(part);
    boolean kindMay =
        switch (prompt.partKind(part)) {
          case IMAGE, DOCUMENT, TOOL_USE, TOOL_RESULT -> true;
          case TEXT -> !isBlank(prompt, part);
          case TOOL -> !isDeferred(body, start, end);
          case TOKENS, THINKING, OTHER -> false;
        };
    return kindMay
        && !prompt.partMarkerIsNull(part)
        && (prompt.partIsString(part) || body[start] == '{');
  }

  private static boolean isBlank(Prompt prompt, int part) {
    byte[] text = prompt.text();
    for (int at = prompt.partTextStart(part); at < prompt.partTextEnd(part); at++) {
      if (text[at] == '\\' && text[at + 1] != '"' && text[at + 1] != '\\') {
        // A control character.
        at += text[at + 1] == 'u' ? 5 : 1;
      } else if (text[at] > ' ' || text[at] < 0) {
        return false;
      }
    }
    return true;
  }

  /** A tool that is not in the prefix; a marker on it is refused. */
  private static boolean isDeferred(byte[] body, int start, int end) {
    return body[start] == '{' && RawObject.mayHaveTrue(body, start, end, DEFER_LOADING);
  }

  private static int lastUser(Prompt prompt, int from, int to) {
    for (int segment = to - 1; segment >= from; segment--) {
      if (prompt.role(segment) == Role.USER) {
        return segment;
      }
    }
    return NO_SEGMENT;
  }

  /** The first segment that comes after those of a kind. */
  private static int end(Prompt prompt, int from, SegmentKind kind) {
    int segment = from;
    while (segment < prompt.segments() && prompt.kind(segment).compareTo(kind) <= 0) {
      segment++;
    }
    return segment;
  }

  private static int firstPart(Prompt prompt, int segment) {
    return segment < prompt.segments() ? prompt.partsStart(segment) : prompt.parts();
  }
}
