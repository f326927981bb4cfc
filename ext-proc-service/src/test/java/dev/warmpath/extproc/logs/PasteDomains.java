package dev.warmpath.extproc.logs;

import java.util.ArrayList;
import java.util.List;

/** Applications whose users paste most of what they send. */
final class PasteDomains {

  private static final Domain OPERATIONS =
      new Domain(
          "operations",
          List.of(
              "You are {assistant}, on call with the platform team of {company}.",
              "You read logs for the engineers of {company} and say what broke first.",
              "Help operators of {company} with their clusters. You see only what they paste."),
          List.of(
              "Quote the line you rely on.",
              "The first error explains more than the last one.",
              "Times in logs are UTC unless a zone stands beside them.",
              "Never suggest deleting a volume.",
              "Restarting is no diagnosis.",
              "A probe that fails once is noise; three in a row are not.",
              "Say which command would tell more, and what to look for in its output.",
              "Addresses in 10.0.0.0/8 are ours.",
              "Kernel messages come before application messages.",
              "Production namespaces end in -prod; treat them with care.",
              "If a line was cut off, say so.",
              "Post-mortems are blameless: name services, not people."),
          List.of(
              List.of("get_logs", "Reads lines of a pod.", "pod:string", "since:string"),
              List.of("query_metrics", "Runs a PromQL query.", "query:string", "step:string"),
              List.of(
                  "list_events",
                  "Lists events of a namespace.",
                  "namespace:string",
                  "limit:integer")),
          List.of(
              "and on {host}?",
              "it is {ip} again, since {time}",
              "ok I rolled back to {version}, watch {pod}",
              "Could {word} be the cause?",
              "how do I see more than the last {n} lines",
              "{first} restarted {host} at {time}, did that change anything?",
              "Der Pod {pod} startet jetzt auch neu."),
          List.of(
              "The first failure is the probe of {word}; all others follow from it.",
              "Look at {host}: its clock is {n} s behind.",
              "Nothing here explains {error}. Run the query again with a step of {n}s.",
              "Version {version} changed the time-out, which fits.",
              "I see {n} resets from {ip} and then silence."),
          List.of(
              "Runbook, probes. A readiness probe takes a pod out of its service; a liveness probe"
                  + " restarts it. Look at both before you change either.",
              "Runbook, memory. The limit counts page cache only where it is not reclaimable. The"
                  + " kernel kills the process with the highest score.",
              "Runbook, name service. Five dots in a search path make six lookups out of one.",
              "Runbook, certificates. They are renewed 30 days before their end; a failed renewal"
                  + " pages on the seventh day.",
              "Runbook, queues. A growing queue with idle consumers is a poisoned message.",
              "Runbook, disks. At 85 % images are collected, at 90 % pods are evicted.",
              "Runbook, deployments. Two replicas are replaced at a time; a third waits.",
              "Runbook, clocks. Drift above 200 ms breaks leases."));

  private static final Domain BOOKKEEPING =
      new Domain(
          "buchhaltung",
          List.of(
              "Du bist {assistant} und hilfst der Buchhaltung von {company}.",
              "Sie prüfen Belege und Auszüge für {company}.",
              "Ordne Buchungen den Konten von {company} zu."),
          List.of(
              "Beträge nie runden.",
              "Skonto wird getrennt gebucht.",
              "Jede Zuordnung nennt das Konto mit vier Ziffern.",
              "Unklare Posten kommen auf 1590.",
              "Private Ausgaben werden gemeldet, nicht gebucht.",
              "Umsatzsteuer: 19 %, 7 % oder frei; nie geschätzt.",
              "Datumsangaben bleiben in der Schreibweise des Belegs.",
              "Doppelte Buchungen werden markiert, nicht gelöscht.",
              "Die Frist für Einsprüche endet einen Monat nach Bekanntgabe.",
              "Trinkgeld braucht einen Eigenbeleg.",
              "Fremdwährung zum Kurs des Buchungstags.",
              "Antworte in höchstens zehn Zeilen, Tabellen zählen nicht."),
          List.of(
              List.of("konto_suchen", "Sucht ein Konto im Kontenrahmen.", "text:string"),
              List.of(
                  "buchung_vormerken",
                  "Merkt eine Buchung vor.",
                  "soll:string",
                  "haben:string",
                  "betrag:number",
                  "text:string"),
              List.of("beleg_holen", "Holt einen Beleg.", "nummer:string")),
          List.of(
              "und die {amount} Euro vom {tag}?",
              "Beleg {code} fehlt noch, kommt am {tag}",
              "Ist {name} Lieferant oder Kunde?",
              "Buch das bitte in Woche {n}.",
              "Die Zahlung aus {city} passt nicht zu Rechnung {id}.",
              "am Dienstag nochmal prüfen bitte, danke {first}"),
          List.of(
              "Die Zahlung über {amount} gehört zu Rechnung {id}.",
              "Konto 4930, Bürobedarf. Der Beleg {code} fehlt.",
              "Zwei Posten sind doppelt: {amount} am {tag}.",
              "Für {city} gilt der ermäßigte Satz nicht."),
          List.of(
              "Kontenrahmen. 1200 Bank, 1400 Forderungen, 1600 Verbindlichkeiten, 4210 Miete, 4910"
                  + " Porto, 4920 Telefon, 4930 Bürobedarf.",
              "Reisekosten. Pauschalen ab acht Stunden; Belege werden fotografiert.",
              "Bewirtung. 70 % sind abziehbar; Anlass und Teilnehmer stehen auf dem Beleg.",
              "Geringwertige Güter. Bis 800 netto sofort, darüber nach Nutzungsdauer.",
              "Mahnwesen. Nach 14, 28 und 42 Tagen; die dritte Stufe geht an den Anwalt.",
              "Kasse. Sie wird täglich gezählt, von zweien.",
              "Archiv. Zehn Jahre, Briefe sechs."));

  private static final Domain SUMMARIES =
      new Domain(
          "summaries",
          List.of(
              "You shorten documents for the staff of {company}.",
              "Summaries for {company}: faithful, dry, short.",
              "You are {assistant}. People hand you texts; you hand back what matters."),
          List.of(
              "Write in the language of the text.",
              "Who, what, by when: in this order.",
              "Figures are copied, never computed.",
              "Opinions are attributed to their author.",
              "What is not in the text is not in the summary.",
              "A mail thread is told from its oldest mail on.",
              "Names at first mention in full, then by last name.",
              "Dates keep the form they have in the text.",
              "No more than a tenth of the length.",
              "Headings only above 300 words.",
              "Mark what needs an answer with an arrow.",
              "Greetings and signatures are left out."),
          List.of(
              List.of("open_document", "Opens a document.", "id:string", "page:integer"),
              List.of("search_documents", "Searches documents.", "query:string", "limit:integer")),
          List.of(
              "shorter please",
              "And what does {name} say about {word}?",
              "Which of it is due before {date}?",
              "now in French",
              "you left out {city}",
              "Is the {amount} still open?",
              "jetzt bitte nur die Termine ab {tag}",
              "keep April's part, drop May's"),
          List.of(
              "{name} asks for {amount} by {date}; {city} has not answered.",
              "Three points: the lease, the move to {city}, the open {amount}.",
              "→ {first} needs a yes until {tag}.",
              "The text does not say who pays."),
          List.of(
              "House style. Active voice. Present tense for what holds, past tense for what"
                  + " happened.",
              "House style, numbers. Digits from thirteen on, always with their unit.",
              "House style, law. Paragraph signs stay; titles of acts are not shortened.",
              "House style, mails. The subject line is repeated only if it decides something.",
              "House style, minutes. Decisions first, then tasks, then the rest.",
              "House style, tables. A table becomes one sentence per row at most.",
              "House style, quotes. Short ones stay, in quotation marks of the language."));

  private static final Domain TRANSLATIONS =
      new Domain(
          "traduction",
          List.of(
              "Tu traduis les textes de {company} vers le français.",
              "Vous êtes {assistant}, au service des langues de {company}.",
              "Traduis ce que l'on te donne, sans commentaire."),
          List.of(
              "Garde les nombres, les unités et les noms propres.",
              "Les titres restent des titres.",
              "Vouvoie toujours.",
              "Les termes du glossaire sont obligatoires.",
              "Les dates prennent la forme de la langue cible.",
              "Espace insécable avant les deux-points.",
              "Ne traduis ni le code ni les journaux.",
              "Une phrase ambiguë garde son ambiguïté.",
              "Les montants gardent leur devise.",
              "Un mot intraduisible reste en italique.",
              "Aucune note du traducteur."),
          List.of(
              List.of("glossaire", "Cherche un terme.", "terme:string", "langue:string"),
              List.of("memoire", "Cherche une traduction.", "segment:string", "limite:integer")),
          List.of(
              "plus court, s'il te plaît",
              "et « {word} », on le garde ?",
              "La version {version} disait autre chose.",
              "{first} préfère le {tag} en toutes lettres.",
              "same for {city} please",
              "Der zweite Absatz klingt nach {month}, nicht nach Vertrag."),
          List.of(
              "Le conseil de {city} se réunira le {tag}.",
              "Le loyer de {amount} euros est dû sous {n} jours.",
              "Madame {name} a signé la version {version}.",
              "Voici la suite, page {n}."),
          List.of(
              "Glossaire A. lease : bail ; landlord : bailleur ; tenant : locataire ; deposit :"
                  + " dépôt de garantie.",
              "Glossaire B. claim : sinistre ; premium : prime ; deductible : franchise.",
              "Glossaire C. cluster : grappe ; log : journal ; outage : panne ; host : hôte.",
              "Style. Phrases courtes, verbes actifs, pas de participe présent en tête.",
              "Typographie. Guillemets français, tirets cadratins, points de suspension uniques.",
              "Courrier. Formule d'appel, objet, corps, formule de politesse."));

  /** These and those whose users paste now and then. */
  static final List<Domain> WITH_OTHERS = withOthers();

  private PasteDomains() {}

  private static List<Domain> withOthers() {
    List<Domain> all = new ArrayList<>(List.of(OPERATIONS, BOOKKEEPING, SUMMARIES, TRANSLATIONS));
    all.addAll(List.of(OPERATIONS, BOOKKEEPING, SUMMARIES, TRANSLATIONS));
    all.addAll(Domain.ALL);
    return List.copyOf(all);
  }
}
