package dev.warmpath.extproc.logs;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** What people wrote and others paste: mails, chats, articles, and their own words about dates. */
final class Writings {

  /** Clauses that go with each other in any combination, so that hardly a sentence comes twice. */
  private record Clauses(
      List<String> subjects, List<String> verbs, List<String> objects, List<String> ends) {

    String sentence(Draw draw, Instant now) {
      String text =
          draw.pick(subjects) + " " + draw.pick(verbs) + " " + draw.pick(objects) + draw.pick(ends);
      return draw.fill(text, now) + ".";
    }
  }

  private static List<String> lines(String text) {
    return text.lines().map(line -> line.isBlank() ? "" : line).toList();
  }

  private static final Clauses ENGLISH =
      new Clauses(
          lines(
              """
              The board of {city}
              {name}
              A spokesman for the port
              Our branch in {city}
              The second team
              Nobody at the head office
              The auditor
              Half of the suppliers
              April, who leads the project,
              The landlord
              Two engineers from {city}
              Everyone on the call\
              """),
          lines(
              """
              confirmed
              has postponed
              will have to pay for
              could not explain
              approved in principle
              voted against
              never received
              is still waiting for
              wants to replace
              had already signed\
              """),
          lines(
              """
              the new {word} scheme
              {amount} in unpaid {word} fees
              the lease that ends on {date}
              {n} of the {n} {word} claims
              the move to {city}
              a report on {word} and safety
              version {version} of the contract
              the offer of {name}
              the second delivery
              {product}
              the minutes of {month}
              a draft that nobody had read\
              """),
          lines(
              """
              \s
              , although the numbers were late
               by the end of {month}
               within {n} days
               on a Thursday evening
              , as {first} had said before
               in the week of {date}
               for the third time this year
              , which surprised the auditors
               before the summer
              , subject to a vote in {city}\
              """));

  private static final Clauses GERMAN =
      new Clauses(
          lines(
              """
              Der Gemeinderat von {city}
              Frau {name}
              Die Werkleitung
              Das Team in {city}
              Der Vermieter
              Ein Sprecher der Bahn
              Die Hälfte der Lieferanten
              Niemand in der Zentrale
              Unser Steuerberater
              Die Klasse 7b\
              """),
          lines(
              """
              bestätigte am {tag}
              verschiebt
              bezahlt wohl erst in Woche {n}
              erklärte ausführlich
              erhielt nie
              wartet seit {month} auf
              ersetzt
              unterschrieb am Montag\
              """),
          lines(
              """
              den Vertrag über {amount} Euro
              die Lieferung nach {city}
              das Protokoll vom {tag}
              {n} von {n} Anträgen
              die Fassung {version}
              den Umzug
              ein Gutachten zu Lärm und Statik
              das Angebot von {name}
              die Rechnung {id}\
              """),
          lines(
              """
              \s
              , obwohl die Zahlen fehlten
               bis Ende {n}
               innerhalb von {n} Tagen
              , wie {first} schrieb
               am späten Abend
               zum dritten Mal in diesem Jahr
               vor den Ferien\
              """));

  private static final Clauses FRENCH =
      new Clauses(
          lines(
              """
              Le conseil de {city}
              Madame {name}
              La direction
              L'équipe de {city}
              Le bailleur
              Aucun des fournisseurs
              Un porte-parole du port
              Notre comptable\
              """),
          lines(
              """
              a confirmé
              reporte
              devra payer
              n'a pas su expliquer
              attend toujours
              veut remplacer
              a signé le {tag}\
              """),
          lines(
              """
              le nouveau bail
              {amount} euros de frais
              la version {version} du contrat
              le départ vers {city}
              {n} des {n} dossiers
              l'offre de {name}
              le rapport de la semaine {n}\
              """),
          lines(
              """
              \s
              , malgré le retard
               avant l'été
               sous {n} jours
              , comme l'a dit {first}
               un jeudi soir
               pour la troisième fois\
              """));

  private static final Clauses SPANISH =
      new Clauses(
          lines(
              """
              El ayuntamiento de {city}
              La señora {name}
              La dirección
              El equipo de {city}
              El casero
              Ningún proveedor
              Un portavoz del puerto\
              """),
          lines(
              """
              confirmó
              ha aplazado
              tendrá que pagar
              no supo explicar
              sigue esperando
              quiere cambiar
              firmó el {tag}\
              """),
          lines(
              """
              el nuevo contrato
              {amount} euros de gastos
              la versión {version} del acuerdo
              el traslado a {city}
              {n} de los {n} expedientes
              la oferta de {name}
              el informe de la semana {n}\
              """),
          lines(
              """
              \s
              , pese al retraso
               antes del verano
               en {n} días
              , según {first}
               un jueves por la noche
               por tercera vez este año\
              """));

  private static final List<Clauses> LANGUAGES =
      List.of(ENGLISH, ENGLISH, GERMAN, GERMAN, FRENCH, SPANISH);

  /** Users' own words, in which dates, versions, addresses and months stand anywhere. */
  private static final List<String> OWN_WORDS =
      lines(
          """
          April said that May and June are both fine, so let's keep {n} {month}.
          We moved from {version} to {version} on {date} and since then {ip} answers twice.
          In Woche {n} bin ich nicht da, am {tag} wieder.
          am {tag} war {first} da und meinte, bis {time} sei alles fertig
          Is it true that {month} {n} counts as a holiday in {city}?
          My sister June was born in May {n} years ago, her pass ends on {tag}.
          Why does {host} resolve to {ip} and not {ip}?
          Release {version} came out before {version}, right?
          {date}: rent. {date}: rent again?! Please explain both.
          between {time} and {time} nothing worked for {name}
          Am Freitag, nein, am {tag}, kam Post von {name} wegen {amount} Euro.
          Wir rechnen ab KW {n} mit {version}, nicht mit {version}.
          le {tag} à {city}, puis la semaine {n} à {city}, ça marche ?
          El {tag} llegué a {city} y el {tag} me fui; ¿cuántas noches son?
          Next {month} or the {month} after, whatever suits {first}.
          My April invoice says {amount}, my May invoice {amount}. Same tariff!
          {ip}/24 and {ip}/16, which of them holds {ip}?
          {version} works, {version} crashes with {error}, I have not tried {version}.
          Since {month} my hours are {n}, {n} and {n}. What will June look like?
          Ich habe am {tag} um {n} Uhr angerufen, am {tag} nochmal, niemand ging ran.
          order {code} from {date}, not the one from {date}!
          Q3 ends when? {first} says {date}, I say {date}.
          I was told {n} days, then {n} weeks, and today it is {month}.
          March on, they said. By {date} we had lost {n} of {n} bags.\
          """);

  private static final List<String> MAIL_OPENINGS =
      lines(
          """
          Hi {first},
          Dear {name},
          Hello all,
          Sehr geehrte Frau {name},
          Moin {first},
          Bonjour {first},
          Hola {first}:
          {first} -\
          """);

  private static final List<String> MAIL_CLOSINGS =
      lines(
          """
          Best, {first}
          Kind regards%n{name}
          Viele Grüße%n{name}
          Cordialement, {name}
          Saludos, {first}
          Sent from my phone
          --%n{name} | {city}\
          """);

  private Writings() {}

  static String ownWords(Draw draw, Instant now) {
    StringBuilder text = new StringBuilder();
    for (String line : draw.some(OWN_WORDS, draw.between(1, 4))) {
      text.append(text.isEmpty() ? "" : draw.pick(" ", " ", "\n")).append(draw.fill(line, now));
    }
    return text.toString();
  }

  static String document(Draw habit, Draw draw, Instant now) {
    Clauses clauses = habit.pick(LANGUAGES);
    StringBuilder text = new StringBuilder();
    if (habit.chance(0.6)) {
      text.append(
          draw.fill(
              habit.pick(
                  "{city}, {tag}\n\n",
                  "# {word} and {word}: notes from {city}\n\n",
                  "MINUTES {date}, {city}\n\n",
                  "{month} in {city}\n\n",
                  "Protokoll vom {tag}\n\n",
                  "{name} ({city}, {date})\n",
                  "Version {version}, {date}\n\n"),
              now));
    }
    for (int paragraphs = draw.between(1, 5); paragraphs > 0; paragraphs--) {
      for (int sentences = draw.between(2, 6); sentences > 0; sentences--) {
        text.append(clauses.sentence(draw, now)).append(' ');
      }
      text.append(draw.pick("\n", "\n\n"));
    }
    return text.toString().strip();
  }

  /** A mail with the ones before it below, newest first. */
  static String mail(Draw habit, Draw draw, Instant now) {
    Clauses clauses = habit.pick(LANGUAGES);
    StringBuilder text = new StringBuilder();
    Instant sent = now.minusSeconds(draw.below(200_000));
    String quote = "";
    for (int mails = draw.between(1, 3); mails > 0; mails--) {
      if (quote.isEmpty() && habit.chance(0.7)) {
        text.append(
            draw.fill(
                habit
                    .pick(
                        "From: {name} <{first}@mail.example>\nSent: %s\nSubject: {word} {id}\n\n",
                        "Von: {name}\nGesendet: %s\nBetreff: AW: {word}\n\n",
                        "Date: %s\nMessage-ID: <{hex}@mail.example>\nTo: {first}\n\n",
                        "Subject: Re: {word} in {city}\nDate: %s\n\n",
                        "De : {name}\nEnvoyé : %s\n\n")
                    .formatted(written(habit, sent)),
                now));
      }
      text.append(quote).append(draw.fill(draw.pick(MAIL_OPENINGS), now)).append('\n');
      for (int sentences = draw.between(1, 5); sentences > 0; sentences--) {
        text.append(quote).append(clauses.sentence(draw, sent)).append('\n');
      }
      String closing = draw.fill(draw.pick(MAIL_CLOSINGS), now).replace("%n", "\n" + quote);
      text.append(quote).append(closing).append("\n\n");
      sent = sent.minusSeconds(draw.between(600, 200_000));
      if (mails > 1) {
        text.append(
            draw.fill(
                draw.pick("On %s {name} wrote:\n", "Am %s schrieb {name}:\n", "Le %s, {name} :\n")
                    .formatted(written(habit, sent)),
                now));
        quote += "> ";
      }
    }
    return text.toString().strip();
  }

  private static String written(Draw habit, Instant time) {
    return DateTimeFormatter.ofPattern(
            habit.pick(
                "EEE, dd MMM yyyy HH:mm:ss Z",
                "dd.MM.yyyy 'um' HH:mm",
                "EEEE, MMMM d, yyyy h:mm a",
                "yyyy-MM-dd HH:mm",
                "dd/MM/yyyy"),
            Locale.ENGLISH)
        .withZone(ZoneOffset.UTC)
        .format(time);
  }

  /** A transcript of a chat of two to four people, as one messenger exports it. */
  static String chat(Draw habit, Draw draw, Instant now) {
    Clauses clauses = habit.pick(LANGUAGES);
    List<String> people = draw.some(Names.FIRST, draw.between(2, 4));
    Instant time = now.minusSeconds(draw.below(300_000));
    String pattern =
        habit.pick(
            "'['dd.MM.yy, HH:mm:ss'] '",
            "M/d/yy, h:mm a' - '",
            "'['HH:mm'] '",
            "yyyy-MM-dd HH:mm' '",
            "'('h:mm a') '",
            "' '");
    DateTimeFormatter stamp =
        DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(ZoneOffset.UTC);
    boolean angles = habit.chance(0.3);
    StringBuilder text = new StringBuilder();
    for (int said = draw.between(4, 18); said > 0; said--) {
      time = time.plusSeconds(draw.between(4, 900));
      String who = draw.pick(people);
      text.append(stamp.format(time))
          .append(angles ? "<" + who + "> " : who + ": ")
          .append(
              switch (draw.below(4)) {
                case 0 -> draw.pick("ok", "haha", "moment", "??", "merci", "on it", "👍", "nö");
                case 1 -> draw.fill(draw.pick(OWN_WORDS), time);
                default -> clauses.sentence(draw, time);
              })
          .append('\n');
    }
    return text.toString().strip();
  }
}
