using System.Net;
using System.Text.Json;
using AotSmoke;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm;

// Published trimmed and without code made at run time: what works in a test run and breaks under ahead-of-time compilation shows here.
var primary = new FakeClient("Hello from the primary model.");
var cheaper = new FakeClient("Hello from the cheaper model.");
var services = new ServiceCollection();
services.AddKeyedSingleton<IChatClient>("primary", primary);
services.AddResilientChat(chat => chat
    .AddModel("primary")
    .AddModel("cheaper", cheaper)
    .WithRetries(0)
    .WithCircuitBreaker(failures: 1_000, within: TimeSpan.FromSeconds(10))
    .AddCachedAnswers()
    .AddLastResort(lastResort => lastResort
        .AddRule("opening hours", "Nine to five.")
        .AddSqliteSearch([new SearchDocument("reset", "Reset your password", "Open Settings, choose Security, then Reset password.")])));

await using var provider = services.BuildServiceProvider();
var chat = provider.GetRequiredService<IChatClient>();

Is("a plain call is answered by the first model", await AskAsync("What is a ladder?"), AnswerSource.Model, "primary");
Is("a streamed call is answered by the first model", await StreamAsync("What is a stream?"), AnswerSource.Model, "primary");

primary.Fails = () => new HttpRequestException("busy", null, HttpStatusCode.ServiceUnavailable);
var steppedDown = await AskAsync("What is a fallback?");
Is("a plain call steps down", steppedDown, AnswerSource.Model, "cheaper");
Is("a streamed call steps down", await StreamAsync("What is a fallback, in pieces?"), AnswerSource.Model, "cheaper");

cheaper.Fails = primary.Fails;
Is("a stored answer is served", await AskAsync("What is a ladder?"), AnswerSource.Cache, "cache");
Is("a stored answer is served to a stream", await StreamAsync("What is a ladder?"), AnswerSource.Cache, "cache");
Is("a rule answers", await AskAsync("What are your opening hours?"), AnswerSource.LastResort, "last-resort");
var found = await AskAsync("How do I reset my password?");
Is("a search answers", found, AnswerSource.LastResort, "last-resort");
Check("the search found the document", found.Text.Contains("Open Settings", StringComparison.Ordinal), found.Text);

var json = JsonSerializer.Serialize(steppedDown.GetResilienceReport(), ResilienceReportJsonContext.Default.ResilienceReport);
var report = JsonSerializer.Deserialize(json, ResilienceReportJsonContext.Default.ResilienceReport);
Check("a report goes through JSON", report?.ServedBy == "cheaper" && report.Attempts[0].Failure == FailureKind.ServerError, json);

// What caches and sessions above a ladder do with answers, where a serialiser has no reflection.
var answerInfo = AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(ChatResponse));
var answerJson = JsonSerializer.Serialize(steppedDown, answerInfo);
var answerBack = (ChatResponse?)JsonSerializer.Deserialize(answerJson, answerInfo);
Check("an answer goes through JSON with its report", answerBack?.GetResilienceReport()?.ToString() == report!.ToString(), answerJson);
var updateInfo = AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(ChatResponseUpdate));
var told = 0;
await foreach (var update in chat.GetStreamingResponseAsync("What is a fallback, in JSON?"))
{
    var updateBack = (ChatResponseUpdate?)JsonSerializer.Deserialize(JsonSerializer.Serialize(update, updateInfo), updateInfo);
    told += updateBack?.GetResilienceReport()?.ServedBy is not null ? 1 : 0;
}

Check("the updates of a stream go through JSON with its reports", told == 2, told);
Check("reflection is off", !JsonSerializer.IsReflectionEnabledByDefault, JsonSerializer.IsReflectionEnabledByDefault);

var byStatus = ChatFailureClassifier.Default.Classify(new HttpRequestException("slow down", null, HttpStatusCode.TooManyRequests)).Kind;
Check("a failure is read by its status", byStatus == FailureKind.RateLimited, byStatus);

// Reflection sees the status, or the trimmer has removed it; nothing else may come of it.
var byName = ChatFailureClassifier.Default.Classify(new LookAlikeException(429)).Kind;
Check("a failure of an unknown SDK is read or unknown", byName is FailureKind.RateLimited or FailureKind.Unknown, byName);
primary.Fails = () => new LookAlikeException(503);
cheaper.Fails = null;
Is("a failure of an unknown SDK steps down", await AskAsync("What is an SDK?"), AnswerSource.Model, "cheaper");

// Likewise for how an answer ended: read from the provider's own object, or taken from what its adapter shows.
primary.Fails = null;
primary.Raw = new OpenAI.Responses.ResponseResult { Status = OpenAI.Responses.ResponseStatus.Cancelled };
var ended = await AskAsync("What is an end?");
Check("the end of an answer is read or unknown", ended.GetResilienceReport()?.ServedBy is "cheaper" or "primary", ended.Text);
primary.Raw = null;

var options = new ChatFailureOptions();
options.Extractors.Add(static e => e is LookAlikeException { StatusCode: 429 } ? new ChatFailure(FailureKind.RateLimited, Exception: e) : null);
var byExtractor = new ChatFailureClassifier(options).Classify(new LookAlikeException(429)).Kind;
Check("a failure is read by an extractor", byExtractor == FailureKind.RateLimited, byExtractor);

var (isPlayed, scorecard) = await GameDaySmoke.RunAsync();
Check("a game day is read, played and told of", isPlayed, scorecard);

Console.WriteLine($"OK: {chat.GetRequiredService<LadderDescription>().ToString()!.Split('\n').Length} lines describe the ladder");
return 0;

async Task<ChatResponse> AskAsync(string question) => await chat.GetResponseAsync(question);

async Task<ChatResponse> StreamAsync(string question) => await chat.GetStreamingResponseAsync(question).ToChatResponseAsync();

static void Is(string what, ChatResponse answer, AnswerSource source, string servedBy)
{
    var report = answer.GetResilienceReport();
    Check(what, report?.Source == source && report.ServedBy == servedBy, $"{report?.ServedBy}: {answer.Text}");
}

static void Check(string what, bool isSo, object? actual)
{
    if (!isSo)
    {
        throw new InvalidOperationException($"Not so: {what}. It was: {actual}");
    }

    Console.WriteLine($"OK: {what}");
}
