using System.Net;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Says from what the providers gave and what the caller got whether the contract was kept. Shares no code with the library.</summary>
internal sealed partial class SurvivalOracle
{
    private readonly SurvivalRun _run;
    private readonly SurvivalReader _reader;
    private readonly ProviderCall[] _calls;
    private readonly string _text;

    private SurvivalOracle(SurvivalRun run, SurvivalReader reader)
    {
        _run = run;
        _reader = reader;
        _calls = [.. run.Calls.Where(call => call.Request == reader.Request.Number)];
        _text = reader.Text.ToString();
    }

    /// <summary>The call that began the answer.</summary>
    private ProviderCall? First { get; set; }

    public static void Judge(SurvivalRun run, SurvivalReader reader) => new SurvivalOracle(run, reader).Judge();

    private void Judge()
    {
        Expect(_calls.All(call => call.IsStreaming == _reader.Request.IsStreaming), "a stream became a plain call, or the other way round");
        JudgeCalls();
        JudgeTime();
        JudgeMistakes();
        if (_reader.Response is { } response)
        {
            Expect(_reader.Failure is null, "both an answer and a failure");
            JudgeAnswer(response);
        }
        else if (_reader.Failure is { } failure)
        {
            JudgeFailure(failure);
        }
        else
        {
            Expect(_reader.HasLeft, "neither an answer nor a failure");
        }

        if (_reader.Request.IsStreaming)
        {
            JudgeDelivery();
        }
    }

    /// <summary>No model is asked more often than it may be, and only one of them begins an answer.</summary>
    private void JudgeCalls()
    {
        var beginnings = _calls.Where(static call => call.IsStreaming && call.HasContent && call.Partial is null).ToArray();
        First = beginnings.FirstOrDefault();
        if (beginnings.Length > 1)
        {
            // Two that run at once may both have something by the time the caller reads on: still only one is shown.
            Expect(_run.Settings.HedgeAfter is not null, $"{string.Join<ProviderCall>(" and ", beginnings)} both began an answer");
            First = Array.Find(beginnings, call => call.ContentMarks.Exists(_reader.Marks.Contains));
            Expect(beginnings.All(call => call == First || !call.ContentMarks.Exists(_reader.Marks.Contains)), $"{string.Join<ProviderCall>(" and ", beginnings)} are mixed");
            Expect(beginnings.All(call => call == First || call.ContentMarks.Count == 1), "a loser went on");
        }

        if (_run.Settings.HedgeAfter is not null && _reader.Failure is not (null or ChatStreamInterruptedException)
            && First?.ContentMarks.Exists(_reader.Marks.Contains) == false)
        {
            // It had something ready when another one's failure ended the race.
            First = null;
        }

        var settings = _run.Settings;
        var legs = settings.MidStream == MidStreamPolicy.Continue ? 1 + settings.MaxContinuations : 1;
        foreach (var model in _calls.GroupBy(static call => call.Model))
        {
            var windows = (int)((_reader.EndedAt - _reader.StartedAt) / TimeSpan.FromSeconds(10)) + 2;
            var most = Math.Min(legs * (1 + settings.MaxRetries), 1 + (settings.BudgetFloor * windows));
            Expect(model.Count() <= most, $"{model.Key} was called {model.Count()} times, at most {most} are allowed");
        }
    }

    private void JudgeTime()
    {
        var within = _run.Settings.Deadline ?? TimeSpan.FromSeconds(_reader.Request.IsStreaming ? 30 : 100);
        var news = (_reader.FirstNewsAt ?? _reader.EndedAt) - _reader.StartedAt - _reader.Paused;
        Expect(news <= within + TimeSpan.FromMilliseconds(50), $"the first news came after {news}, due within {within}");
    }

    /// <summary>What the first model says of the request itself reaches the caller. Where that model may have been passed over after all, or others run beside it, nobody can tell from outside.</summary>
    private void JudgeMistakes()
    {
        var mistake = _run.Settings is { HedgeAfter: null, MaxConcurrentCalls: null } && !_reader.HasLeft && !_reader.HasCancelled
            ? Array.Find(_calls, call => call is { IsStreaming: true, HasContent: false, Partial: null, Failure: HttpRequestException { StatusCode: HttpStatusCode.BadRequest } } && call.Model == _calls[0].Model)
            : null;
        Expect(mistake is null || ReferenceEquals(_reader.Failure, mistake.Failure), $"{mistake} found the request wrong, and the caller was not told");
    }

    private void JudgeAnswer(ChatResponse response)
    {
        if (response.GetResilienceReport() is not { } report)
        {
            Expect(false, "an answer without a report");
            return;
        }

        JudgeAttempts(report);
        switch (report.Source)
        {
            case AnswerSource.Model:
                JudgeModelsAnswer(response, report);
                break;
            case AnswerSource.LastResort:
                Expect(_run.Settings.HasLastResort && _text.Length > 0 && !_run.Calls.Any(call => _text.Contains(call.Word, StringComparison.Ordinal)), "that is no last resort");
                Expect(First is null && _reader.ToolCalls.Count == 0, "the last resort followed content");
                break;
            case AnswerSource.Cache:
                Expect(First is null && _reader.ToolCalls.Count == 0, "a stored answer followed content");
                // A plain answer needs no finish reason.
                Expect(
                    _run.Calls.Any(call => call.Request < _reader.Request.Number && call.Partial is null && call.Text.ToString() == _text
                        && (call.IsComplete ? call.Finish == ChatFinishReason.Stop : call is { IsStreaming: false, Finish: null, EndedCleanly: true, HadError: false, HasContent: true })),
                    "the stored answer is nobody's whole answer");
                break;
            default:
                Expect(false, $"an answer from {report.Source}");
                break;
        }
    }

    private void JudgeModelsAnswer(ChatResponse response, ResilienceReport report)
    {
        if (_reader.Request.IsStreaming && First is not null)
        {
            var (last, text) = Splice();
            Expect(last.IsComplete, $"silent truncation: {last} did not finish its answer");
            Expect(_text == text, $"got '{_text}' instead of '{text}'");
            JudgeAuthors(response, report, last);
            Expect(report.TimeToFirstContent == _reader.FirstNewsAt - _reader.StartedAt, $"first content reported after {report.TimeToFirstContent}");
            return;
        }

        // Plain; or a stream that a filter ended before it began. A plain answer needs no finish reason.
        var author = Array.FindLast(_calls, call => call.EndedCleanly && !call.HadError && call.Text.ToString() == _text
            && (call.Finish == ChatFinishReason.ContentFilter || (!call.IsStreaming && call.HasContent)));
        if (author is null)
        {
            Expect(false, $"'{_text}' is nobody's answer");
            return;
        }

        First = author;
        JudgeAuthors(response, report, author);
    }

    private void JudgeAuthors(ChatResponse response, ResilienceReport report, ProviderCall last)
    {
        Expect(response.FinishReason == last.Finish, $"finish reason {response.FinishReason}, but {last} said {last.Finish}");
        Expect(report.ServedBy == last.Model, $"served by {report.ServedBy}, but the author is {last}");
        Expect(report.WasContinued == (last != First), $"continued: {report.WasContinued}");
        Expect(report.IsDegraded || (last.Model == "p1" && First!.Model == "p1"), "not degraded");
        Expect(!report.IsDegraded || last != First || last.Model != "p1", "degraded");
        Expect(response.Messages.Count(static message => message.Text.Length > 0) <= 1, "the text is torn into several messages");
        Expect(_reader.ToolCalls.SequenceEqual([.. First!.ToolCalls, .. last == First ? [] : last.ToolCalls]), $"got tool calls {string.Join(", ", _reader.ToolCalls)}");
        Expect(First.Usages.Concat(last.Usages).All(_reader.Usages.Contains) || !First.IsStreaming, "usage was lost");
    }

    /// <summary>Each call is one attempt in the report, and each model is accounted for.</summary>
    private void JudgeAttempts(ResilienceReport report)
    {
        foreach (var calls in _calls.GroupBy(static call => call.Model))
        {
            var attempts = report.Attempts.Count(attempt => attempt.Step == calls.Key
                && attempt.SkipReason is null && attempt.Failure is not (FailureKind.Rejected or FailureKind.CircuitOpen));
            // What one that lost a race had retried is not told; and one that only stood in line for its turn has lost without a call.
            var isTold = attempts == calls.Count()
                || (_run.Settings.HedgeAfter is not null && attempts > 0 && (attempts < calls.Count() || _run.Settings.MaxConcurrentCalls is not null));
            Expect(isTold, $"{calls.Key}: {calls.Count()} calls, but {attempts} attempts are reported");
        }
    }

    private void JudgeFailure(Exception failure)
    {
        switch (failure)
        {
            case OperationCanceledException cancelled:
                Expect(_reader.HasCancelled || _reader.HasLeft, "a cancellation that nobody asked for");
                Expect(!_reader.HasCancelled || _reader.HasLeft || cancelled.CancellationToken == _reader.Cancellation.Token, "a cancellation with somebody else's token");
                break;
            case ChatStreamInterruptedException interrupted:
                JudgeInterruption(interrupted);
                break;
            case ChatUnavailableException unavailable:
                Expect(First is null && _text.Length == 0 && _reader.ToolCalls.Count == 0, "unavailable after content");
                Expect(!_run.Settings.HasLastResort || _reader.Request.AsksForJson, "unavailable in spite of a last resort");
                JudgeAttempts(unavailable.Report);
                for (var i = 1; i <= _run.Settings.Models; i++)
                {
                    Expect(unavailable.Report.Attempts.Any(attempt => attempt.Step == $"p{i}"), $"p{i} was neither asked nor passed over");
                }

                break;
            default:
                // Mistakes of the caller, as the first model that was asked puts them. In a race it may have stood in line while the next one was called.
                var first = _run.Settings.HedgeAfter is null ? _calls[0].Model : _calls.Min(static call => call.Model);
                Expect(
                    First is null && _calls.Any(call => call.Model == first && ReferenceEquals(failure, call.Failure))
                    && failure is HttpRequestException { StatusCode: HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge },
                    $"an exception that is not part of the contract: {failure}");
                break;
        }
    }

    /// <summary>Nothing is lost, doubled or out of order, whatever kind of update it came in.</summary>
    private void JudgeDelivery()
    {
        var isWhole = !_reader.HasLeft && !_reader.HasCancelled;
        Expect(_reader.Marks.Distinct().Count() == _reader.Marks.Count, $"an update came twice: {string.Join(" ", _reader.Marks)}");
        var isCached = _reader.Response?.GetResilienceReport()?.Source == AnswerSource.Cache;
        Expect(isCached || _reader.Usages.Distinct().Count() == _reader.Usages.Count, "usage was counted twice");
        foreach (var call in _calls)
        {
            var seen = _reader.Marks.Where(mark => mark.StartsWith(call.Name + "#", StringComparison.Ordinal)).ToArray();
            Expect(
                call == First ? isWhole ? seen.SequenceEqual(call.Marks) : seen.SequenceEqual(call.Marks.Take(seen.Length)) : IsPart(seen, call.Marks),
                $"of {call} came {string.Join(" ", seen)}, it gave {string.Join(" ", call.Marks)}");

            // The reasoning of one that runs beside another may be held back; a continuation's is left out.
            var thoughts = string.Concat(_reader.Reasoning.ToString().Split(' ').Where(word => word.StartsWith(call.Name + "r", StringComparison.Ordinal)).Select(static word => word + " "));
            var given = call.Partial is null ? call.Reasoning.ToString() : "";
            var isShown = isWhole && (call == First || _run.Settings.HedgeAfter is null);
            Expect(isShown ? thoughts == given : given.StartsWith(thoughts, StringComparison.Ordinal), $"of the reasoning of {call}, '{given}', came '{thoughts}'");
        }

        if (!isWhole && _text.Length > 0 && First is not null && !isCached)
        {
            var (_, text) = Splice();
            Expect(text.StartsWith(_text, StringComparison.Ordinal) || (text + _calls[^1].Contribution).StartsWith(_text, StringComparison.Ordinal), $"read '{_text}' of '{text}'");
        }
    }

    private static bool IsPart(string[] part, List<string> whole)
    {
        var at = 0;
        return part.All(item => (at = whole.IndexOf(item, at) + 1) > 0);
    }

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            _run.Log.Violation($"r{_reader.Request.Number}", otherwise);
        }
    }
}
