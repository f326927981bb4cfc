package dev.warmpath.extproc.volatility;

import org.jspecify.annotations.Nullable;

/**
 * What was seen at one place where prompts of an application part. Of numbers, only the differences
 * from one to the next count; the last one is kept with a salt added. Mutable, one owner.
 */
final class Place {

  private static final Form[] FORMS = Form.values();
  private static final Cue[] CUES = Cue.values();

  /** Share of the readings that must agree. */
  private static final double MOST = 0.6;

  /** Of the votes for a template: three of four requests have it behind a value. */
  private static final double LEAST_LEAD = 0.5;

  /** Of the requests that could have parted at a place; a guess. */
  private static final double LEAST_SHARE = 0.08;

  /** Steps of a counter that several requests share; a guess. */
  private static final long SMALL_STEP = 64;

  /** A counter that many take numbers from makes no larger steps; a guess. */
  private static final long COUNTER_STEP = 10_000;

  /** Findings of one kind that are so near to each other are one. */
  static final int NEAR_BYTES = 16;

  /** What is longer is no value that could be taken for its neighbour. */
  private static final int MAX_VALUE_BYTES = 80;

  /** Epochs of one log are that near to each other. */
  private static final long YEAR_SECONDS = 366L * 86_400;

  /** Different values that a person's name must have had; less are variants of the prompt. */
  private static final int MIN_NAMES = 3;

  /** So many different names are no variants of a prompt. */
  private static final int MANY_NAMES = 6;

  /** A number that is never longer counts something. */
  private static final int MAX_SMALL_DIGITS = 3;

  /** By so many, few lists without an order go one way. */
  private static final int FEW_STEPS = 6;

  private static final int MIN_VALUES = 4;

  /** Two conversations in turns show no more. */
  private static final int MIN_IDS = 2;

  /** A shorter word may be one of the prompt's variants. */
  private static final int LONG_ID_BYTES = 8;

  private static final int MANY_VALUES = 8;

  final Site site;
  final long itemKey;
  private final boolean structural;
  private final long salt;
  private final double[] forms = new double[FORMS.length];
  private final double[] cues = new double[CUES.length];
  private final RecentValues values = new RecentValues();
  private final RecentValues conversations = new RecentValues();

  int segment;
  int index;

  /** Of the value; of one that is a number in groups, of the first group. */
  private int offset;

  private int votes;
  private int length;

  /** Whether it is a number of which other groups than the last may differ. */
  private boolean isNumber;

  /** From the first group on: what never differed, and where the longest value ends. */
  private int ahead = Integer.MAX_VALUE;

  private int reach;
  private int lastOffset;
  private int lastLength;
  String parameter;

  /** Requests that parted here, and those of them with a value that was new. */
  double partings;

  double fresh;
  double sameBehindBytes;

  /** What stands behind most of the values, as far as votes tell, and by how many it leads. */
  private long template;

  private double templateVotes;

  double lostBytes;

  /** Partings from an earlier request of the same conversation. */
  double inConversation;

  /** Conversations of which the first parting showed a value that another one had shown. */
  private double elsewhere;

  private long lastNumber;
  private boolean hasLastNumber;
  private double steps;
  private double upward;
  private double small;
  private double medium;
  private double withinYear;
  private int shortest = Integer.MAX_VALUE;
  private int longest;
  private double numbersOfFourDigits;

  Place(Parting first, long salt) {
    site = first.site();
    itemKey = first.itemKey();
    structural = isStructural(first.form());
    segment = first.segment();
    index = first.index();
    offset = origin(first);
    isNumber = isNumber(first);
    parameter = first.parameter();
    this.salt = salt;
  }

  /**
   * A request parted here.
   *
   * @param conversation to which it belongs
   * @param laterBytes of the conversation that were sent before and follow again
   */
  @SuppressWarnings("EnumOrdinal") // An index into an array of this object.
  void add(Parting parting, long conversation, long laterBytes, long nowNanos) {
    place(parting);
    lastOffset = parting.offset();
    lastLength = parting.length();
    length = Math.max(length, lastLength);
    reach = Math.max(reach, parting.ahead() + lastLength);
    if (isNumber(parting)) {
      ahead = Math.min(ahead, parting.ahead());
    }
    shortest = Math.min(shortest, parting.length());
    longest = Math.max(longest, parting.length());
    partings++;
    forms[parting.form().ordinal()]++;
    cues[parting.cue().ordinal()]++;
    sameBehindBytes += parting.sameBehind();
    template(parting.behind());
    if (parting.inConversation()) {
      inConversation++;
    }
    numbersOfFourDigits += parting.hasNumber() && parting.length() >= 4 ? 1 : 0;
    boolean isNew = values.isNew(parting.value(), nowNanos);
    if (conversations.isNew(conversation, nowNanos) && !isNew) {
      elsewhere++;
    }
    if (isNew) {
      fresh++;
      lostBytes += parting.sameAgain() + laterBytes;
      if (parting.hasNumber()) {
        number(parting);
      }
    }
  }

  /**
   * Of order, where it first differs. Of values, where most of them stand, as far as one vote tells
   * (Boyer and Moore, 1981): one that was read otherwise doesn't move it.
   */
  private void place(Parting parting) {
    int origin = origin(parting);
    boolean before =
        parting.segment() < segment || (parting.segment() == segment && origin < offset);
    boolean same = parting.segment() == segment && origin == offset;
    if (!structural) {
      votes += same ? 1 : -1;
    }
    if (structural ? before : votes < 0) {
      segment = parting.segment();
      index = parting.index();
      offset = origin;
      isNumber = isNumber(parting);
      votes = 1;
    }
  }

  private static int origin(Parting parting) {
    return parting.offset() - parting.ahead();
  }

  private static boolean isNumber(Parting parting) {
    return parting.form() == Form.NUMBER || parting.form() == Form.TOKEN;
  }

  /** The first byte that differs, in bytes from the start of the segment's text. */
  int offset() {
    return isNumber ? offset + ahead : offset;
  }

  /** From {@link #offset} to the end of the longest value, in bytes. */
  int length() {
    return isNumber ? reach - ahead : length;
  }

  private void template(long behind) {
    if (templateVotes <= 0) {
      template = behind;
    }
    templateVotes += behind != 0 && behind == template ? 1 : -1;
  }

  private void number(Parting parting) {
    long salted = parting.number() + salt;
    if (hasLastNumber) {
      long step = salted - lastNumber;
      steps++;
      upward += step > 0 ? 1 : 0;
      small += Math.abs(step) <= SMALL_STEP ? 1 : 0;
      medium += Math.abs(step) <= COUNTER_STEP ? 1 : 0;
      withinYear += Math.abs(step) <= YEAR_SECONDS ? 1 : 0;
    }
    lastNumber = salted;
    hasLastNumber = true;
  }

  /** What was counted weighs half from now on. */
  void fade() {
    partings /= 2;
    fresh /= 2;
    sameBehindBytes /= 2;
    templateVotes /= 2;
    lostBytes /= 2;
    inConversation /= 2;
    elsewhere /= 2;
    steps /= 2;
    upward /= 2;
    small /= 2;
    medium /= 2;
    withinYear /= 2;
    numbersOfFourDigits /= 2;
    for (int i = 0; i < forms.length; i++) {
      forms[i] /= 2;
    }
    for (int i = 0; i < cues.length; i++) {
      cues[i] /= 2;
    }
  }

  /** Whether a parting is at this place, though other words stand before it. */
  boolean overlaps(Parting parting) {
    return site == parting.site()
        && itemKey == parting.itemKey()
        && structural == isStructural(parting.form())
        && length <= MAX_VALUE_BYTES
        && parting.length() <= MAX_VALUE_BYTES
        && lastOffset < parting.offset() + parting.length()
        && parting.offset() < lastOffset + lastLength;
  }

  private static boolean isStructural(Form form) {
    return form.compareTo(Form.IMAGE) >= 0;
  }

  /**
   * What kind of text stands here, if it is a finding.
   *
   * @param compared requests that could have parted here
   * @param changes those of them that went on with another conversation than the one before
   * @param hasPreamble whether first messages have text that is not the user's
   */
  @Nullable VolatileKind kind(
      double compared, double changes, boolean hasPreamble, int minPartings) {
    double share = partings / Math.max(compared, 1);
    if (structural) {
      return partings < minPartings ? null : structure(share);
    }
    // A date parts once a day, and never goes back; ids of sessions part as often as these change.
    boolean once = fresh == partings && partings >= 2;
    boolean daily = once && count(Form.DATE) == partings;
    if (partings < minPartings && !once) {
      return null;
    }
    boolean ofHistory = inConversation >= Math.min(minPartings, MOST * partings);
    if (site == Site.MESSAGE
        && !ofHistory
        && (!hasPreamble || templateVotes < LEAST_LEAD * partings)) {
      return null;
    }
    VolatileKind kind = value();
    int different = values.different();
    Cue cue = cue();
    boolean versioned = cue == Cue.VERSION;
    boolean persons = count(Form.EMAIL) + count(Form.FULL_NAME) >= MOST * partings;
    // A brand's name is not told so, and is one of few.
    boolean toldUser =
        cue == Cue.USER || count(Form.EMAIL) >= MOST * partings || (persons && cue.isOfId());
    // A session's or a user's: each conversation has its own, as variants of a prompt don't.
    boolean ofConversations = elsewhere == 0 && inConversation == 0;
    if (partings < minPartings && !daily) {
      boolean told =
          switch (kind) {
            case UUID -> true;
            case RANDOM_ID -> cue.isOfId();
            case USER_NAME -> count(Cue.USER) == partings;
            default -> false;
          };
      if (!told || !ofConversations) {
        return null;
      }
    }
    double ofChances = inConversation == 0 ? partings / Math.max(changes, 1) : share;
    boolean isOften = Math.max(share, ofChances) >= LEAST_SHARE;
    return switch (kind) {
      case DATE ->
          (different >= 3 || (daily && different >= 2)) && (!versioned || share >= LEAST_SHARE)
              ? kind
              : null;
      case TIME_STAMP -> different >= 3 && share >= 0.04 ? kind : null;
      case UUID -> different >= (ofConversations ? 2 : 3) && isOften ? kind : null;
      case COUNTER -> different >= MIN_VALUES && isOften ? kind : null;
      case RANDOM_ID -> {
        boolean isId = cue.isOfId() || (ofConversations && shortest >= LONG_ID_BYTES);
        boolean few = isId && ofConversations && !versioned;
        yield different >= (few ? MIN_IDS : MIN_VALUES)
                && isOften
                && (few || different >= MANY_VALUES || fresh >= 0.05 * compared)
            ? kind
            : null;
      }
      case USER_NAME ->
          different >= (toldUser ? persons || ofConversations ? MIN_IDS : MIN_NAMES : MIN_VALUES)
                  && isOften
                  && (toldUser || persons || fresh >= 0.1 * compared || different >= MANY_NAMES)
              ? kind
              : null;
      case UNKNOWN ->
          site != Site.MESSAGE
                  && conversations.different() >= 2
                  && different >= MIN_VALUES
                  && share >= 0.15
                  && fresh >= 0.15 * compared
                  && lostBytes >= 64 * fresh
              ? kind
              : null;
      case TOOL_ORDER, SCHEMA_KEY_ORDER, RETRIEVAL_ORDER, IMAGE_TOGGLED, PARAMETER -> kind;
    };
  }

  /** What a single parting seems to be, for people who see both requests. */
  VolatileKind guess() {
    if (count(Form.TOOL_ORDER) > 0) {
      return VolatileKind.TOOL_ORDER;
    }
    if (count(Form.KEY_ORDER) > 0) {
      return VolatileKind.SCHEMA_KEY_ORDER;
    }
    if (count(Form.PASSAGE_ORDER) > 0) {
      return VolatileKind.RETRIEVAL_ORDER;
    }
    if (count(Form.PARAMETER) > 0) {
      return VolatileKind.PARAMETER;
    }
    if (count(Form.IMAGE) > 0) {
      return VolatileKind.IMAGE_TOGGLED;
    }
    return structural ? VolatileKind.UNKNOWN : value();
  }

  private @Nullable VolatileKind structure(double share) {
    if (share < LEAST_SHARE) {
      return null;
    }
    int different = values.different();
    if (count(Form.TOOL_ORDER) >= MOST * partings) {
      return VolatileKind.TOOL_ORDER;
    }
    if (count(Form.TOOL_LIST) >= MOST * partings) {
      return VolatileKind.UNKNOWN;
    }
    if (count(Form.KEY_ORDER) >= MOST * partings) {
      return VolatileKind.SCHEMA_KEY_ORDER;
    }
    if (count(Form.PASSAGE_ORDER) >= MOST * partings) {
      return site != Site.MESSAGE || share >= MOST ? VolatileKind.RETRIEVAL_ORDER : null;
    }
    if (count(Form.PARAMETER) >= MOST * partings) {
      return VolatileKind.PARAMETER;
    }
    if (count(Form.IMAGE) >= MOST * partings) {
      // Users' own images are different ones; of those that come and go, the same return.
      boolean returns =
          inConversation >= MOST * partings
              || (site == Site.MESSAGE
                  ? elsewhere >= 2 && 2 * different <= conversations.different()
                  : 3 * different <= partings + 1);
      return returns ? VolatileKind.IMAGE_TOGGLED : null;
    }
    return null;
  }

  private VolatileKind value() {
    double most = MOST * partings;
    double uuids = count(Form.UUID);
    double bare = count(Form.BARE_UUID);
    double long32 = bare + count(Form.HEX_32);
    double clocks = count(Form.CLOCK);
    double epochs = count(Form.EPOCH);
    double dates = count(Form.DATE);
    // Without dashes, digests look the same, but for the bits that tell a UUID's version.
    boolean isBareUuid =
        long32 >= most && bare >= MOST * long32 && (partings >= 3 || cue() != Cue.DIGEST);
    if (uuids >= most || isBareUuid) {
      return VolatileKind.UUID;
    }
    if (clocks >= most || (clocks + epochs >= most && isEpoch())) {
      return VolatileKind.TIME_STAMP;
    }
    if (dates >= most || (dates + clocks >= most && dates > clocks)) {
      return VolatileKind.DATE;
    }
    if (dates + clocks >= most) {
      return VolatileKind.TIME_STAMP;
    }
    Cue cue = cue();
    double numbers = count(Form.NUMBER) + epochs;
    double ids = numbers + count(Form.HEX) + count(Form.TOKEN) + long32 + dates + clocks;
    double words = count(Form.NAME) + count(Form.FULL_NAME) + count(Form.WORD);
    if (count(Form.EMAIL) >= most) {
      // A message's id is written like an address.
      boolean once = cue.isOfId() && fresh >= 0.9 * partings;
      return once ? VolatileKind.RANDOM_ID : VolatileKind.USER_NAME;
    }
    // Some users' names end in digits.
    boolean handles =
        ids >= 0.1 * partings
            && words + ids >= 0.9 * partings
            && values.different() >= MANY_NAMES
            && isShared();
    if (ids >= most || handles) {
      // Users come back, counts and nonces don't; and users don't change while they talk.
      boolean comesBack = cue == Cue.USER && fresh < 0.9 * partings;
      boolean nonce = numbers < 0.5 * ids && partings >= 5 && fresh >= 0.95 * partings;
      boolean ofUsers =
          cue == Cue.USER
              ? comesBack || (inConversation < 0.15 * partings && !nonce)
              : !cue.isOfId() && cue != Cue.COUNT && isShared();
      if (!comesBack && (cue == Cue.USER || !ofUsers) && isCounter(numbers >= 0.9 * ids)) {
        return VolatileKind.COUNTER;
      }
      if (ofUsers) {
        return VolatileKind.USER_NAME;
      }
      boolean scattered = steps >= FEW_STEPS && medium < 0.5 * steps;
      boolean counts = cue == Cue.COUNT ? !scattered : longest <= MAX_SMALL_DIGITS && !cue.isOfId();
      if (numbers >= most && counts) {
        return VolatileKind.COUNTER;
      }
      boolean isId = numbers < 0.9 * ids || cue.isOfId() || numbersOfFourDigits >= 0.7 * partings;
      return isId ? VolatileKind.RANDOM_ID : VolatileKind.UNKNOWN;
    }
    if (cue == Cue.USER && words + ids + count(Form.EMAIL) + count(Form.WORDS) >= most) {
      return VolatileKind.USER_NAME;
    }
    if (count(Form.FULL_NAME) >= most) {
      return VolatileKind.USER_NAME;
    }
    if (cue.isOfId() && words + ids >= most) {
      return VolatileKind.RANDOM_ID;
    }
    if (count(Form.FULL_NAME) + count(Form.NAME) >= most) {
      return VolatileKind.USER_NAME;
    }
    // Words that are never met again are made up, as names of pods and runs are.
    boolean once = partings >= MANY_NAMES && fresh >= 0.95 * partings;
    if (count(Form.WORD) + ids >= 0.9 * partings && once && cue != Cue.USER) {
      return VolatileKind.RANDOM_ID;
    }
    boolean oneLength = shortest == longest && longest >= 8;
    if (words + ids >= 0.9 * partings && oneLength && partings >= 5) {
      return VolatileKind.RANDOM_ID;
    }
    return VolatileKind.UNKNOWN;
  }

  /** Whether conversations show what others have shown, as those of one user do. */
  private boolean isShared() {
    return inConversation <= 0.2 * partings
        && elsewhere >= Math.max(3, 0.3 * conversations.different())
        && fresh < 0.5 * partings;
  }

  private boolean isEpoch() {
    return steps == 0 || withinYear >= 0.8 * steps;
  }

  /** Numbers that go up or down, or wander in small steps as those of several conversations do. */
  private boolean isCounter(boolean plain) {
    if (steps < 2) {
      return false;
    }
    double oneWay = Math.max(upward, steps - upward);
    // Of three numbers without an order, a third goes one way.
    boolean byChance =
        steps < FEW_STEPS && (oneWay < steps || steps < 3 || cue().isOfId()) && small < 0.8 * steps;
    return (oneWay >= 0.8 * steps && medium >= 0.8 * steps && !byChance)
        || (plain && small >= 0.8 * steps && cue() != Cue.USER && !cue().isOfId());
  }

  @SuppressWarnings("EnumOrdinal") // An index into an array of this object.
  private double count(Form form) {
    return forms[form.ordinal()];
  }

  @SuppressWarnings("EnumOrdinal") // An index into an array of this object.
  private double count(Cue cue) {
    return cues[cue.ordinal()];
  }

  /** The one that is told most, where any is told in half of the cases. */
  private Cue cue() {
    Cue best = Cue.NONE;
    double most = 0.5 * partings;
    for (Cue cue : CUES) {
      if (cue != Cue.NONE && count(cue) >= most) {
        best = cue;
        most = count(cue);
      }
    }
    return best;
  }
}
