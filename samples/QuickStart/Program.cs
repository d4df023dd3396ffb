using QuickStart;
using Resilient.Llm;
using Resilient.Llm.Loopback;

if (args is not [])
{
    return await CommandLine.RunAsync(args);
}

// Two providers on 127.0.0.1 that fail when they are told to. The SDKs that talk to them are the real ones.
await using var primary = await LoopbackProvider.StartAsync("Hello from the primary model, the smart one.");
await using var cheaper = await LoopbackProvider.StartAsync("Hello from the cheaper model, the quick one.");

// Clients that are passed to a ladder stay ours to dispose; those that a factory makes for it would be its own.
using var primaryClient = SdkClients.Anthropic(primary.BaseAddress);
using var cheaperClient = SdkClients.OpenAI(new Uri(cheaper.BaseAddress, "v1"));
using var chat = Ladder.Build(primaryClient, cheaperClient);
var play = new Play(chat);

play.Scene("All is well: the best model answers");
await play.AskAsync("What is a circuit breaker?", AnswerSource.Model, "primary");

play.Scene("The primary fails: the cheaper model answers, and after five failures nobody waits for the primary any more");
primary.Behavior = Script.Overloaded();
for (var failure = 1; failure <= Ladder.FailuresToOpen; failure++)
{
    await play.AskAsync($"What is {failure} + {failure}?", AnswerSource.Model, "cheaper");
}

play.ExpectCalls(primary, 1 + Ladder.FailuresToOpen);
await play.AskAsync("Is the primary asked now?", AnswerSource.Model, "cheaper");
play.ExpectCalls(primary, 1 + Ladder.FailuresToOpen);

play.Scene("The primary recovers: one call is let through to find out, and it closes the circuit");
primary.Behavior = Script.Answer("Hello again from the primary model.");
await play.UntilBreakIsOverAsync("primary");
await play.AskAsync("Are you back?", AnswerSource.Model, "primary");

play.Scene("Every model is down, but this question has been answered before");
primary.Behavior = cheaper.Behavior = Script.ServerError();
await play.AskAsync("What is a circuit breaker?", AnswerSource.Cache, "cache");

play.Scene("Every model is down and the question is new: search answers, and says so");
var answer = await play.AskAsync("Reset Password", AnswerSource.LastResort, "last-resort");
play.ExpectText(answer, "I couldn't process your request intelligently right now, but here are the top search results for 'Reset Password'");

play.Scene("A stream fails before its first word: the reader only sees the cheaper model's words");
primary.Behavior = Script.ErrorEventAfter(0);
cheaper.Behavior = Script.Answer("Hello from the cheaper model, word by word.") with { Pace = TimeSpan.FromMilliseconds(60) };
await play.StreamAsync("Tell me a story.", "Hello from the cheaper model, word by word.", servedBy: "cheaper");

play.Scene("A stream breaks in the middle of a sentence: the cheaper model is given what there is of it, and goes on");
primary.Behavior = Script.CutAfter(5, "A ladder has several rungs, and this one just broke.") with { Pace = TimeSpan.FromMilliseconds(60) };
cheaper.Behavior = Script.Answer(" and whoever stands on it steps down to the next.") with { Pace = TimeSpan.FromMilliseconds(60) };
await play.StreamAsync("What is a ladder?", "A ladder has several rungs, and whoever stands on it steps down to the next.", servedBy: "cheaper");

play.Scene("One model in two regions: the first region goes down, the second answers, and that is no step down the ladder");
await using var sweden = await LoopbackProvider.StartAsync("Hello from Sweden.");
await using var france = await LoopbackProvider.StartAsync("Hello from France, the same model.");
using var swedenClient = SdkClients.OpenAI(new Uri(sweden.BaseAddress, "v1"));
using var franceClient = SdkClients.OpenAI(new Uri(france.BaseAddress, "v1"));
using var regional = Ladder.BuildRegional(swedenClient, franceClient);
await play.AskAsync("Where are you?", "swedencentral", regional);
sweden.Behavior = Script.ServerError();
await play.AskAsync("And now?", "francecentral", regional);

return play.End();
