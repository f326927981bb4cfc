package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prompt.CacheHint;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Parameter;
import dev.warmpath.extproc.prompt.PartKind;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Role;
import dev.warmpath.extproc.prompt.SegmentKind;
import dev.warmpath.extproc.provider.Mechanism;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceFactors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a request gets markers of what to cache, in its API's own form, and writes them as
 * byte splices.
 *
 * <p>Candidates are the four of {@link Boundary}: the last block that may carry a marker in the
 * tools, in the system prompt, in the user's last turn, and in the user's turn before. Which of
 * them are marked, and for how long, {@link PayingMarkers} chooses by what was seen of how prefixes
 * come back. Without such a memory, as in a report on one request, Anthropic's advice for
 * conversations decides:
 *
 * <ol>
 *   <li>A request reads what an earlier one wrote at its own marker, if a marker now stands there
 *       or at most {@link ModelEntry#lookbackBlocks} blocks behind. The previous request of a
 *       conversation ended at the user's previous turn; so where the model's turn and the user's
 *       last one together have more than three quarters of that, the previous turn's end is marked
 *       too, and hit exactly, however long the turn was.
 *   <li>Free markers go first to the end of what all requests share (system prompt, or tools where
 *       that has no marker), then to the conversation, the previous turn, and the tools.
 * </ol>
 *
 * <p>An assistant's message at the very end is the beginning of the answer, which the next request
 * will not repeat; the user's message before it is the end of the conversation.
 *
 * <p>What the client marked stands. Its markers are counted, none is moved or changed, and no
 * five-minute marker of ours comes before a one-hour marker of its, nor a one-hour marker behind a
 * five-minute one (which the provider refuses). Tools or system prompt that it marked are its
 * business; where it marked them before their end it says that the rest changes, and nothing behind
 * is marked. Its marker in the conversation stands for the conversation, unless a later turn has
 * outgrown it.
 *
 * <p>Blocks that must not carry a marker don't get one: thinking, empty or blank texts, tools that
 * load deferred, blocks of kinds that are not known, blocks whose {@code cache_control} is null;
 * outside Anthropic's models also answers, calls and results of tools.
 *
 * <p>OpenAI marks the end of each prompt itself and writes it, unless it is told that what is
 * marked is all. It is told so where the client has told nothing, so that what doesn't come back
 * isn't written either.
 *
 * <p>Tokens are estimated: canonical text bytes by the given ratio, a flat {@value #IMAGE_TOKENS}
 * for an image, and for a file given as data one for {@value #DATA_BYTES_PER_TOKEN} of its bytes. A
 * boundary counts from 0.9 of the model's minimum: being under it costs nothing at Anthropic.
 *
 * <p>Not thread-safe: one owner, reused. Allocates the plan and no more, whatever the prompt's
 * size.
 */
public final class AnnotationPlanner {

  private static final byte[] EXPLICIT =
      "\"prompt_cache_options\":{\"mode\":\"explicit\",\"ttl\":\"30m\"},".getBytes(US_ASCII);

  /** Of OpenAI's breakpoints, when it sets one itself. */
  private static final int MAX_BESIDE_IMPLICIT = 3;

  /** Refused apart from the markers that it goes with. */
  public static final String OPTIONS_FIELD = "prompt_cache_options";

  /** Behind the name of a marker: what asks for its lifetime, and can be refused alone. */
  public static final String TTL_FIELD = ".ttl";

  private static final byte[] TTL = "\"ttl\"".getBytes(US_ASCII);
  private static final long[] NO_KEYS = {};
  private static final int HOUR_SECONDS = MarkerForm.HOUR_SECONDS;

  /** Anthropic: width × height ÷ 750, at most about 1,600; a usual one. */
  private static final int IMAGE_TOKENS = 1000;

  /** Guess, unmeasured: a page of a PDF is some 60 kB and 2,000 tokens. */
  private static final int DATA_BYTES_PER_TOKEN = 32;

  /** A digest with the frame of its block is shorter, any document's text longer. */
  private static final int MAX_DIGEST_BYTES = 64;

  private static final double MINIMUM_MARGIN = 0.9;

  /**
   * Input and output that any model has room for. The catalogue knows no context windows, and a
   * request that its client measured out to fill one must not fail by what is added. Guess: no
   * model of today that takes markers has a smaller one.
   */
  private static final long SMALLEST_WINDOW_TOKENS = 32_000;

  /** Anthropic's advice: a marker about every 15 blocks, for a lookback of 20. */
  private static final double LOOKBACK_MARGIN = 0.75;

  private static final Boundary[] BOUNDARY = Boundary.values();
  private static final int BOUNDARIES = BOUNDARY.length;
  private static final int TOOLS = Boundary.TOOLS.index;
  private static final int SYSTEM = Boundary.SYSTEM.index;
  private static final int PREVIOUS_TURN = Boundary.PREVIOUS_TURN.index;
  private static final int CONVERSATION = Boundary.CONVERSATION.index;
  private static final int NO_PART = -1;
  private static final int NO_SEGMENT = -1;
  private static final int NO_PLACE = -1;

  private static final int[] SYSTEM_FIRST = {SYSTEM, CONVERSATION, PREVIOUS_TURN, TOOLS};
  private static final int[] TOOLS_FIRST = {TOOLS, CONVERSATION, PREVIOUS_TURN, SYSTEM};

  private final Splices.Builder splices = new Splices.Builder();

  /** Part that a boundary would mark, or {@link #NO_PART}. */
  private final int[] candidates = new int[BOUNDARIES];

  /** The last part that the client marked in a boundary's stead, or {@link #NO_PART}. */
  private final int[] clients = new int[BOUNDARIES];

  private final PayingMarkers.Offer offer = new PayingMarkers.Offer();
  private final PayingMarkers.Chosen chosen = new PayingMarkers.Chosen();

  /** Of the request at hand. */
  private MarkerForm form = MarkerForm.CACHE_CONTROL;

  /** Where its system prompt may be lengthened, by how much, and how far that goes. */
  private int paddingPlace = NO_PLACE;

  private int paddingTokens;
  private MayPad mayPad = MayPad.NOTHING;

  /**
   * Who asks, and what of the edit is known already.
   *
   * @param route that took the request
   * @param scope who shares its cache
   * @param model its row of the catalogue
   * @param bytesPerToken canonical text bytes that make a token, by estimate; above 0
   * @param allowed what may be done to the request
   * @param padding whether a system prompt that is too short may be lengthened
   */
  public record Asked(
      String route,
      String scope,
      @Nullable ModelEntry model,
      double bytesPerToken,
      Allowed allowed,
      MayPad padding) {

    public Asked {
      check(bytesPerToken);
    }

    /** Nothing is lengthened. */
    public Asked(
        String route,
        String scope,
        @Nullable ModelEntry model,
        double bytesPerToken,
        Allowed allowed) {
      this(route, scope, model, bytesPerToken, allowed, MayPad.NOTHING);
    }
  }

  /**
   * Whether system prompts that are too short to be cached may be lengthened.
   *
   * @param maxTokens longest; 0: not at all
   * @param isForecast whether it is worked out only
   */
  public record MayPad(int maxTokens, boolean isForecast) {
    public static final MayPad NOTHING = new MayPad(0, false);
  }

  /**
   * What may be done to a request.
   *
   * @param edit whether the body may be changed at all; if not, notice is taken and no more
   * @param mode whether OpenAI may be told to cache nothing but what is marked
   * @param hour whether a marker may ask for an hour
   */
  public record Allowed(boolean edit, boolean mode, boolean hour) {
    /** Nobody has refused any of it. */
    public static final Allowed ALL = new Allowed(true, true, true);
  }

  /**
   * Plans the markers of a request by Anthropic's advice.
   *
   * @param prompt scanned
   * @param model its row of the catalogue; null: none
   * @param bytesPerToken canonical text bytes that make a token, by estimate; above 0
   */
  public AnnotationPlan plan(Prompt prompt, @Nullable ModelEntry model, double bytesPerToken) {
    check(bytesPerToken);
    Decision why = whyNone(prompt, model);
    if (why != null) {
      return nothing(why, clientMarkedTextEnd(prompt));
    }
    Decision[] decisions = new Decision[BOUNDARIES];
    long[] tokens = new long[BOUNDARIES];
    wanted(prompt, known(model), bytesPerToken, decisions, tokens);
    int lastHour = lastHourMarker(prompt);
    for (int boundary = 0; boundary < BOUNDARIES; boundary++) {
      if (decisions[boundary] == Decision.PLACED && candidates[boundary] <= lastHour) {
        decisions[boundary] = Decision.TTL_ORDER;
      }
    }
    withinLookback(prompt, known(model), decisions);
    int most = form == MarkerForm.BREAKPOINT ? MAX_BESIDE_IMPLICIT : known(model).maxMarkers();
    int placedTextEnd = place(prompt, most - prompt.markers(), decisions);
    return new AnnotationPlan(
        splices.build(), decisions, tokens, placedTextEnd, clientMarkedTextEnd(prompt));
  }

  /**
   * Plans those markers that pay.
   *
   * @param chain of the prompt
   * @param paying learns from the request, and chooses
   */
  public AnnotationPlan plan(
      Prompt prompt, PrefixChain chain, Asked asked, PayingMarkers paying, long nowNanos) {
    Decision why = whyNone(prompt, asked.model());
    if (why != null) {
      return nothing(why, clientMarkedTextEnd(prompt));
    }
    ModelEntry model = known(asked.model());
    paddingTokens = 0;
    Decision[] decisions = new Decision[BOUNDARIES];
    long[] tokens = new long[BOUNDARIES];
    wanted(prompt, model, asked.bytesPerToken(), decisions, tokens);
    PriceFactors factors =
        model.factors((long) (prompt.textLength() / asked.bytesPerToken())).orElse(null);
    boolean isExplicit =
        factors != null && isOurMode(prompt, asked) && decisions[CONVERSATION] == Decision.PLACED;
    boolean isImplicit =
        form == MarkerForm.BREAKPOINT && !isExplicit && !prompt.explicitCacheMode();
    if (factors == null) {
      return isImplicit
          ? besideImplicit(prompt, asked, decisions, tokens, NO_KEYS)
          : nothing(Decision.UNKNOWN_PRICE, clientMarkedTextEnd(prompt));
    }
    boolean hours = asked.allowed().hour() && form.knowsHours(model, factors);
    if (asked.allowed().edit() && !isImplicit) {
      offerPadding(prompt, model, asked, decisions, tokens);
    }
    offer(prompt, chain, hours, decisions, tokens);
    boolean endsAutomatic = model.cache().markersEndAutomatic().orElse(true);
    // OpenAI's own breakpoint is no such cache, and the client's markers may have ended it.
    if (form != MarkerForm.BREAKPOINT && !(endsAutomatic && prompt.markers() > 0)) {
      offer.automatic(model.automaticRead(factors), endsAutomatic);
    }
    paying.choose(
        asked.route(),
        asked.scope(),
        offer,
        asked.allowed().edit() && !isImplicit ? model.maxMarkers() - prompt.markers() : 0,
        model.lookbackBlocks(),
        factors,
        nowNanos,
        chosen);
    if (isImplicit) {
      return besideImplicit(prompt, asked, decisions, tokens, chosen.keys.clone());
    }
    if (isExplicit) {
      splices.insert(prompt.firstByteAfterBrace(), EXPLICIT);
    }
    AnnotationPlan.Padded padded = pad(decisions, tokens);
    int placedTextEnd = 0;
    boolean asksForHour = false;
    for (int boundary = 0; boundary < BOUNDARIES; boundary++) {
      if (decisions[boundary] != Decision.PLACED) {
        continue;
      }
      int seconds = chosen.seconds[boundary];
      if (seconds > 0) {
        int part = candidates[boundary];
        form.mark(splices, prompt, part, seconds);
        placedTextEnd = Math.max(placedTextEnd, prompt.partTextEnd(part));
        asksForHour |= seconds == HOUR_SECONDS;
        decisions[boundary] = seconds == HOUR_SECONDS ? Decision.PLACED_1H : Decision.PLACED;
      } else {
        decisions[boundary] =
            !asked.allowed().edit()
                ? Decision.NOT_EDITABLE
                : chosen.written[boundary] ? Decision.BEING_WRITTEN : Decision.DOES_NOT_PAY;
      }
    }
    return new AnnotationPlan(
        splices.build(),
        decisions,
        tokens,
        placedTextEnd,
        clientMarkedTextEnd(prompt),
        fields(prompt, placedTextEnd > 0, asksForHour, isExplicit),
        chosen.keys.clone(),
        chosen.marked(),
        chosen.expectsRead,
        padded);
  }

  /**
   * Offers to lengthen a system prompt that misses the model's minimum, and one that may have
   * missed it when its length was estimated before. Not where the client marks anything itself.
   */
  private void offerPadding(
      Prompt prompt, ModelEntry model, Asked asked, Decision[] decisions, long[] tokens) {
    MayPad may = asked.padding();
    boolean isPossible =
        may.maxTokens() > 0
            && prompt.markers() == 0
            && (decisions[SYSTEM] == Decision.BELOW_MINIMUM || decisions[SYSTEM] == Decision.PLACED)
            && tokens[SYSTEM] < Padding.enough(model.minCacheTokens())
            && hasRoom(prompt, asked);
    paddingPlace = isPossible ? Padding.place(prompt, candidates[SYSTEM]) : NO_PLACE;
    paddingTokens =
        paddingPlace == NO_PLACE ? 0 : Padding.missing(tokens[SYSTEM], model.minCacheTokens());
    mayPad = may;
  }

  /**
   * Whether a prompt stays within any model's window however much it is lengthened. One that goes
   * on from a history that the body only names has a length that nobody knows here.
   */
  private static boolean hasRoom(Prompt prompt, Asked asked) {
    long longest =
        tokens(prompt, asked.bytesPerToken())
            + asked.padding().maxTokens()
            + Math.clamp(prompt.maxOutputTokens(), 0, SMALLEST_WINDOW_TOKENS);
    return !prompt.hasHistory() && longest <= SMALLEST_WINDOW_TOKENS;
  }

  /** Lengthens the system prompt if that was chosen. */
  private AnnotationPlan.Padded pad(Decision[] decisions, long[] tokens) {
    if (chosen.paddingTokens == 0) {
      return new AnnotationPlan.Padded(chosen.paddingDecision, 0, 0, chosen.keys[SYSTEM]);
    }
    byte[] text = Padding.text(chosen.paddingTokens);
    splices.insert(paddingPlace, text);
    decisions[SYSTEM] = Decision.PLACED;
    for (int boundary = SYSTEM; boundary < BOUNDARIES; boundary++) {
      tokens[boundary] += tokens[boundary] > 0 ? chosen.paddingTokens : 0;
    }
    return new AnnotationPlan.Padded(
        chosen.paddingDecision, chosen.paddingTokens, text.length, chosen.keys[SYSTEM]);
  }

  /**
   * Whether it is for us to say that OpenAI caches what is marked and nothing else. Not where the
   * client has said anything of it; not where the prompt goes on behind the last place that may be
   * marked, as in an agent's loop, of which OpenAI then caches more by itself; and not where what
   * comes back may be out of our reach: a history or a template that the body only names, or tools
   * and instructions with no place for a marker behind them.
   */
  private boolean isOurMode(Prompt prompt, Asked asked) {
    return form == MarkerForm.BREAKPOINT
        && asked.allowed().edit()
        && asked.allowed().mode()
        && known(asked.model()).has(Mechanism.PROMPT_CACHE_OPTIONS)
        && !prompt.gives(CacheHint.OPTIONS)
        && prompt.markers() == 0
        && !prompt.hasHistory()
        && !prompt.has(Parameter.PROMPT_TEMPLATE)
        && !hasUnknownParts(prompt)
        && (candidates[SYSTEM] != NO_PART || prompt.kind(0) == SegmentKind.MESSAGE)
        && candidates[CONVERSATION] != NO_PART
        && prompt.partSegment(candidates[CONVERSATION]) == prompt.segments() - 1;
  }

  /** Such as a reference to an item that OpenAI keeps. */
  private static boolean hasUnknownParts(Prompt prompt) {
    for (int part = 0; part < prompt.parts(); part++) {
      if (prompt.partKind(part) == PartKind.OTHER) {
        return true;
      }
    }
    return false;
  }

  /**
   * Breakpoints beside the one that OpenAI sets itself at the end. All of the prompt is written
   * then, so that ours cost nothing; they let what stands still be found when only the end changes.
   */
  private AnnotationPlan besideImplicit(
      Prompt prompt, Asked asked, Decision[] decisions, long[] tokens, long[] keys) {
    if (!asked.allowed().edit()) {
      Arrays.setAll(
          decisions, i -> decisions[i] == Decision.PLACED ? Decision.NOT_EDITABLE : decisions[i]);
    }
    int placedTextEnd = place(prompt, MAX_BESIDE_IMPLICIT - prompt.markers(), decisions);
    return new AnnotationPlan(
        splices.build(),
        decisions,
        tokens,
        placedTextEnd,
        clientMarkedTextEnd(prompt),
        fields(prompt, placedTextEnd > 0, /* asksForHour= */ false, /* isExplicit= */ false),
        keys,
        NO_KEYS,
        /* expectsRead= */ false,
        AnnotationPlan.Padded.NONE);
  }

  /** What the request has by us alone, so that a refusal of it is ours. */
  private List<String> fields(
      Prompt prompt, boolean isMarked, boolean asksForHour, boolean isExplicit) {
    var fields = new ArrayList<String>(2);
    if (isMarked && prompt.markers() == 0) {
      fields.add(form.field);
    }
    if (asksForHour
        && (prompt.markers() == 0 || !RawObject.holds(prompt.body(), prompt.bodyLength(), TTL))) {
      fields.add(form.field + TTL_FIELD);
    }
    if (isExplicit) {
      fields.add(OPTIONS_FIELD);
    }
    return List.copyOf(fields);
  }

  /** The member by which refusals of markers name them; empty: the request can have none. */
  public static String field(Dialect dialect, @Nullable ModelEntry model) {
    MarkerForm form = model == null ? null : MarkerForm.of(dialect, model);
    return form == null ? "" : form.field;
  }

  private static void check(double bytesPerToken) {
    if (!(bytesPerToken > 0)) {
      throw new IllegalArgumentException("bytesPerToken: " + bytesPerToken + " (expected: > 0)");
    }
  }

  private static ModelEntry known(@Nullable ModelEntry model) {
    return Objects.requireNonNull(model);
  }

  /** Why nothing can be marked; null: something can, in the {@link #form} that this sets. */
  private @Nullable Decision whyNone(Prompt prompt, @Nullable ModelEntry model) {
    if (model == null) {
      return Decision.UNKNOWN_MODEL;
    }
    MarkerForm known = MarkerForm.of(prompt.dialect(), model);
    if (known == null) {
      return Decision.NO_MARKERS;
    }
    form = known;
    return prompt.explicitCacheMode() && prompt.markers() == 0 ? Decision.CLIENT_DECLINED : null;
  }

  /**
   * Which boundaries could be marked; those are PLACED until it is known which are.
   *
   * @param tokens where to put the tokens up to each of them, and up to those of the client
   */
  private void wanted(
      Prompt prompt, ModelEntry model, double bytesPerToken, Decision[] decisions, long[] tokens) {
    Arrays.fill(decisions, Decision.ABSENT);
    Arrays.fill(candidates, NO_PART);
    Arrays.fill(clients, NO_PART);
    int firstMessage = end(prompt, 0, SegmentKind.SYSTEM);
    int toolsEnd = firstPart(prompt, end(prompt, 0, SegmentKind.TOOL));
    int systemEnd = firstPart(prompt, firstMessage);
    boolean stableTools = root(prompt, TOOLS, 0, toolsEnd, decisions);
    boolean stableSystem = root(prompt, SYSTEM, toolsEnd, systemEnd, decisions);
    conversation(prompt, firstMessage, decisions);
    int stableUpTo = !stableTools ? TOOLS : !stableSystem ? SYSTEM : CONVERSATION;
    estimateTokens(prompt, bytesPerToken, tokens);
    for (int boundary = 0; boundary < BOUNDARIES; boundary++) {
      if (decisions[boundary] != Decision.PLACED) {
        continue;
      }
      if (boundary > stableUpTo) {
        decisions[boundary] = Decision.BEHIND_VOLATILE;
      } else if (tokens[boundary] < MINIMUM_MARGIN * model.minCacheTokens()) {
        decisions[boundary] = Decision.BELOW_MINIMUM;
      }
    }
  }

  /** Tells {@link #offer} where the request's segments end, and what may be marked. */
  private void offer(
      Prompt prompt, PrefixChain chain, boolean hours, Decision[] decisions, long[] tokens) {
    offer.clear(form.seconds);
    int lastHour = lastHourMarker(prompt);
    int firstMinutes = firstMinutesMarker(prompt);
    int blocks = 0;
    for (int segment = 0; segment < prompt.segments(); segment++) {
      boolean ends =
          chain.segmentBlocks(segment) > blocks
              && (prompt.kind(segment) != SegmentKind.TOOL
                  || segment + 1 == prompt.segments()
                  || prompt.kind(segment + 1) != SegmentKind.TOOL);
      if (ends) {
        blocks = chain.segmentBlocks(segment);
        offer.end(chain.block(blocks - 1));
      }
      for (int boundary = 0; boundary < BOUNDARIES; boundary++) {
        int part = clients[boundary] == NO_PART ? candidates[boundary] : clients[boundary];
        if (part != NO_PART && prompt.partSegment(part) == segment) {
          if (ends) {
            offer(prompt, boundary, part, hours, lastHour, firstMinutes, decisions, tokens);
          } else if (decisions[boundary] == Decision.PLACED) {
            decisions[boundary] = Decision.NO_KEY;
          }
        }
      }
    }
  }

  private void offer(
      Prompt prompt,
      int boundary,
      int part,
      boolean hours,
      int lastHour,
      int firstMinutes,
      Decision[] decisions,
      long[] tokens) {
    Boundary at = BOUNDARY[boundary];
    offer.boundary(at, tokens[boundary], part);
    if (part == clients[boundary]) {
      int seconds = prompt.partMarker(part);
      // Automatic mode, or a marker inside a tool's result, whose lifetime isn't told by a part.
      offer.marked(
          at, seconds > 0 ? seconds : lastHour == Integer.MAX_VALUE ? HOUR_SECONDS : form.seconds);
      return;
    }
    if (boundary == SYSTEM && paddingTokens > 0) {
      boolean isNeeded = decisions[SYSTEM] == Decision.BELOW_MINIMUM;
      offer.padding(paddingTokens, mayPad.maxTokens(), isNeeded, mayPad.isForecast());
    } else if (decisions[boundary] != Decision.PLACED) {
      return;
    }
    int shortest = part <= lastHour ? HOUR_SECONDS : form.seconds;
    int longest = part >= firstMinutes || !hours ? form.seconds : HOUR_SECONDS;
    if (shortest > longest) {
      decisions[boundary] = Decision.TTL_ORDER;
    } else {
      offer.mayMark(at, shortest, longest);
    }
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
      clients[boundary] = marked;
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
  private void conversation(Prompt prompt, int firstMessage, Decision[] decisions) {
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
    int marked = lastMarked(prompt, prompt.partsStart(answer), prompt.parts());
    if (marked != NO_PART) {
      decisions[CONVERSATION] = Decision.CLIENT_MARKED;
      clients[CONVERSATION] = marked;
    } else if (prompt.topLevelMarker()) {
      decisions[CONVERSATION] = Decision.AUTOMATIC;
      clients[CONVERSATION] = prompt.partsEnd(lastUser) - 1;
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
    int markedBefore = lastMarked(prompt, from, to);
    if (marked != NO_PART || markedBefore != NO_PART) {
      decisions[PREVIOUS_TURN] = Decision.CLIENT_MARKED;
      clients[PREVIOUS_TURN] = markedBefore;
      return;
    }
    want(PREVIOUS_TURN, lastCarrier(prompt, from, to), decisions);
  }

  /** The previous turn needs no marker where that of the conversation looks back as far. */
  private void withinLookback(Prompt prompt, ModelEntry model, Decision[] decisions) {
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
      form.mark(splices, prompt, part, form.seconds);
      textEnd = Math.max(textEnd, prompt.partTextEnd(part));
    }
    return textEnd;
  }

  /** Tokens up to the end of each candidate, or of what the client marked. */
  private void estimateTokens(Prompt prompt, double bytesPerToken, long[] tokens) {
    long dataTokens = 0;
    for (int part = 0; part < prompt.parts(); part++) {
      dataTokens += dataTokens(prompt, part);
      for (int boundary = 0; boundary < BOUNDARIES; boundary++) {
        if (candidates[boundary] == part || clients[boundary] == part) {
          tokens[boundary] = dataTokens + (long) (prompt.partTextEnd(part) / bytesPerToken);
        }
      }
    }
  }

  /** Tokens of all of a prompt. */
  private static long tokens(Prompt prompt, double bytesPerToken) {
    long tokens = (long) (prompt.textLength() / bytesPerToken);
    for (int part = 0; part < prompt.parts(); part++) {
      tokens += dataTokens(prompt, part);
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

  /**
   * The first part that carries a five-minute marker of the client. One whose place the scanner
   * doesn't report counts as if it were the very first.
   */
  private static int firstMinutesMarker(Prompt prompt) {
    int first = Integer.MAX_VALUE;
    int elsewhere = prompt.markers() - prompt.hourMarkers();
    for (int part = prompt.parts() - 1; part >= 0; part--) {
      int seconds = prompt.partMarker(part);
      if (seconds > 0 && seconds != HOUR_SECONDS) {
        elsewhere--;
        first = part;
      }
    }
    return elsewhere > 0 ? 0 : first;
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
  private int lastCarrier(Prompt prompt, int from, int to) {
    for (int part = to - 1; part >= from; part--) {
      if (form.mayCarry(prompt, part)) {
        return part;
      }
    }
    return NO_PART;
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
