package dev.warmpath.extproc.volatility;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the words around a value say of it. */
enum Cue {
  NONE,
  /** Someone's name or number follows. */
  USER,
  /** An id follows. */
  ID,
  /** An id follows that is no UUID: of a trace, or a digest. */
  DIGEST,
  /** A count follows. */
  COUNT,
  /** What follows changes only when the prompt does: a version, the day of a release. */
  VERSION;

  /** Words before the value that are asked, the nearest first. */
  private static final int MAX_WORDS = 6;

  /** Characters before it, of languages without spaces between words. */
  private static final int MAX_CHARACTERS = 12;

  private static final Set<String> USER_WORDS =
      words(
          "user username customer client member caller patient student employee guest person"
              + " speaker talking speaking chatting assisting helping serving supporting account"
              + " hello hi dear help assist serve hey mr mrs ms dr welcome greet greeting login"
              + " logged signed author name named called profile owner subscriber human requester"
              + " requested behalf email mail contact operator tenant player handle buyer seller"
              + " learner passenger traveller traveler visitor applicant clinician analyst"
              + " colleague handler adviser advisor officer assignee reviewer reporter supervisor"
              + " interviewer candidate driver recipient sender pupil",
          "nutzer nutzerin benutzer benutzerin kunde kundin kunden kundennummer herr frau"
              + " mitarbeiter mitarbeiterin bearbeiter sachbearbeiter sachbearbeiterin angemeldet"
              + " hallo liebe lieber anfragende mieter patientin schüler schülerin spieler sprichst"
              + " sprechen spreche anwender ansprechpartner",
          "utilisateur utilisatrice usager usagère client cliente nom bonjour madame monsieur élève"
              + " appelle demandeur demandeuse abonné parlez discutez interlocuteur",
          "usuario usuaria cliente nombre llama alumno alumna hola señor señora estimado estimada"
              + " paciente solicitante titular hablas hablando atiendes",
          "utente nome chiama gentile signor signora sig paziente ciao assistito parli parlando",
          "usuário usuária utilizador utilizadora nome chama olá senhor senhora aluno aluna fala"
              + " falando atendendo",
          "gebruiker klant naam beste mevrouw meneer leerling medewerker spreekt",
          "użytkownik klient imię pan pani пользователь клиент имя kullanıcı müşteri användare kund"
              + " bruker kunde käyttäjä asiakas bruger");

  private static final Set<String> ID_WORDS =
      words(
          "session request correlation run job transaction conversation thread cache ticket"
              + " invocation execution instance pod host container worker node req sess rid ref"
              + " reference key txn uuid guid ulid chat process pid message boundary",
          "sitzung vorgang anfrage sesión solicitud sessão pedido requête richiesta sessione sessie"
              + " aanvraag");

  private static final Set<String> DIGEST_WORDS =
      words(
          "trace span nonce token seed salt hash sha md digest fingerprint checksum etag"
              + " signature");

  private static final Set<String> COUNT_WORDS =
      words(
          "count counter turn attempt sequence seq iteration visit visitor step lfd round index"
              + " tick serial call total zähler versuch compteur tentative contador intento"
              + " contatore teller tentativa");

  private static final Set<String> VERSION_WORDS =
      words(
          "version revision release released updated update effective build since stand commit"
              + " published deployed cutoff");

  /** Of languages whose words are not found by spaces: what stands before a value. */
  private static final Map<String, Cue> CHARACTERS_BEFORE =
      Map.ofEntries(
          Map.entry("用户", USER),
          Map.entry("用戶", USER),
          Map.entry("客户", USER),
          Map.entry("客戶", USER),
          Map.entry("客人", USER),
          Map.entry("顾客", USER),
          Map.entry("会员", USER),
          Map.entry("学生", USER),
          Map.entry("员工", USER),
          Map.entry("玩家", USER),
          Map.entry("您好", USER),
          Map.entry("你好", USER),
          Map.entry("社員", USER),
          Map.entry("직원", USER),
          Map.entry("患者", USER),
          Map.entry("姓名", USER),
          Map.entry("昵称", USER),
          Map.entry("账号", USER),
          Map.entry("名前", USER),
          Map.entry("氏名", USER),
          Map.entry("お客様", USER),
          Map.entry("ユーザー", USER),
          Map.entry("会員", USER),
          Map.entry("担当", USER),
          Map.entry("고객", USER),
          Map.entry("이름", USER),
          Map.entry("사용자", USER),
          Map.entry("회원", USER),
          Map.entry("会话", ID),
          Map.entry("请求", ID),
          Map.entry("工单", ID),
          Map.entry("セッション", ID),
          Map.entry("リクエスト", ID),
          Map.entry("세션", ID),
          Map.entry("요청", ID),
          Map.entry("第", COUNT),
          Map.entry("제", COUNT),
          Map.entry("版本", VERSION));

  /** The same, behind it. */
  private static final Map<String, Cue> CHARACTERS_BEHIND =
      Map.ofEntries(
          Map.entry("様", USER),
          Map.entry("さん", USER),
          Map.entry("先生", USER),
          Map.entry("女士", USER),
          Map.entry("님", USER),
          Map.entry("씨", USER),
          Map.entry("次", COUNT),
          Map.entry("件目", COUNT),
          Map.entry("回目", COUNT),
          Map.entry("番目", COUNT),
          Map.entry("번째", COUNT));

  /**
   * What is said directly around a value, else by the nearest word before it, within its clause.
   *
   * @param start where the value begins in a text
   * @param end where it ends
   */
  static Cue around(String text, int start, int end) {
    if (start > 0 && text.charAt(start - 1) == '@') {
      return USER;
    }
    for (Map.Entry<String, Cue> behind : CHARACTERS_BEHIND.entrySet()) {
      String word = behind.getKey();
      boolean inside = end - start > word.length() && text.startsWith(word, end - word.length());
      if (inside || text.startsWith(word, end)) {
        return behind.getValue();
      }
    }
    String line = text.substring(text.lastIndexOf('\n', start - 1) + 1, start);
    Cue cue = byCharacters(line.substring(Math.max(0, line.length() - MAX_CHARACTERS)));
    return cue == NONE ? byWords(line) : cue;
  }

  private static Cue byCharacters(String before) {
    Cue cue = NONE;
    int nearest = -1;
    for (Map.Entry<String, Cue> word : CHARACTERS_BEFORE.entrySet()) {
      int at = before.lastIndexOf(word.getKey());
      if (at > nearest) {
        nearest = at;
        cue = word.getValue();
      }
    }
    return cue;
  }

  private static Cue byWords(String line) {
    int end = line.length();
    for (int word = 0; word < MAX_WORDS; word++) {
      while (end > 0 && !Character.isLetter(line.charAt(end - 1))) {
        end--;
        if (word > 0 && ".,;!?|".indexOf(line.charAt(end)) >= 0) {
          return NONE; // What comes before speaks of something else.
        }
      }
      int start = end;
      // camelCase is two words.
      while (start > 0 && Character.isLetter(line.charAt(start - 1))) {
        start--;
        if (start > 0
            && Character.isUpperCase(line.charAt(start))
            && Character.isLowerCase(line.charAt(start - 1))) {
          break;
        }
      }
      if (start == end) {
        return NONE;
      }
      Cue cue = of(line.substring(start, end).toLowerCase(Locale.ROOT));
      if (cue != NONE) {
        return cue;
      }
      end = start;
    }
    return NONE;
  }

  private static Cue of(String word) {
    if (USER_WORDS.contains(word)) {
      return USER;
    }
    if (ID_WORDS.contains(word)) {
      return ID;
    }
    if (DIGEST_WORDS.contains(word)) {
      return DIGEST;
    }
    if (COUNT_WORDS.contains(word)) {
      return COUNT;
    }
    return VERSION_WORDS.contains(word) ? VERSION : NONE;
  }

  /** Whether an id follows, of whatever kind. */
  boolean isOfId() {
    return this == ID || this == DIGEST;
  }

  private static Set<String> words(String... languages) {
    return Set.copyOf(Arrays.asList(String.join(" ", languages).split(" ", -1)));
  }
}
