using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <content>Answers of several authors, and those that nobody went on with.</content>
internal sealed partial class SurvivalOracle
{
    /// <summary>Puts the answer together as its authors gave it.</summary>
    /// <returns>The last author whose text the caller has, and the text; of a last one that broke off both readings, with and without it, where nothing else tells.</returns>
    private (ProviderCall Last, string Text) Splice()
    {
        var last = First!;
        var text = last.Text.ToString();
        var pending = default(ProviderCall);
        foreach (var call in _calls.Where(static call => call.Partial is not null))
        {
            if (pending is { Contribution.Length: > 0 } && call.Partial == text + pending.Contribution)
            {
                (last, text) = (pending, call.Partial);
            }

            Expect(call.Partial == text, $"{call} was asked to go on with '{call.Partial}' instead of '{text}'");
            Expect(WhyUnsafe(last, text) is null, $"{call} was asked to go on, in spite of {WhyUnsafe(last, text)}");
            Expect(!last.IsComplete, $"{call} was asked to go on with the whole answer of {last}");
            JudgeLimit(call, text);
            pending = call;
        }

        // Whether a last one that broke off had joined, only what the caller has can tell; one that ended well must have.
        return pending is not null && (pending.IsComplete || pending.ToolCalls.Count > 0 || (pending.Contribution.Length > 0 && _text == text + pending.Contribution))
            ? (pending, text + pending.Contribution)
            : (last, text);
    }

    private void JudgeLimit(ProviderCall call, string text)
    {
        if (_reader.Request.MaxOutputTokens is { } limit)
        {
            Expect(call.MaxOutputTokens < limit && call.MaxOutputTokens >= limit - text.Length, $"{call} may put out {call.MaxOutputTokens} of {limit} after {text.Length} characters");
        }
    }

    /// <summary>Why nobody may go on with this text.</summary>
    private string? WhyUnsafe(ProviderCall last, string text) =>
        _reader.Request.AsksForJson ? "the format"
        : last.ToolCalls.Count > 0 ? "a tool call"
        : last.Finish is not null ? "its end"
        : last.Partial is null && last.IsReasoning ? "reasoning in progress"
        : text.StartsWith('`') || text.StartsWith('{') || text.StartsWith('<') ? "code or data"
        : null;

    private void JudgeInterruption(ChatStreamInterruptedException interrupted)
    {
        if (First is null)
        {
            Expect(false, "interrupted before any content");
            return;
        }

        var (last, text) = Splice();
        Expect(!last.IsComplete, $"interrupted, but {last} had finished its answer");
        Expect(_text == text, $"interrupted after '{_text}', but what was given is '{text}'");
        Expect(interrupted.PartialResponse.Text == _text, $"the partial response is '{interrupted.PartialResponse.Text}', the caller saw '{_text}'");
        var tools = interrupted.PartialResponse.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>().Select(static call => call.CallId);
        Expect(tools.SequenceEqual(_reader.ToolCalls), "the partial response has other tool calls");
        Expect(interrupted.InnerException is not null, "interrupted by nothing");
        Expect(interrupted.Kind != FailureKind.Cancelled, "interrupted by a cancellation");
        JudgeAttempts(interrupted.Report);
        Expect(interrupted.Report.ServedBy == last.Model, $"served by {interrupted.Report.ServedBy}");
        JudgeSurrender(interrupted, last, text);
    }

    /// <summary>Nobody gives up an answer that somebody could have gone on with.</summary>
    private void JudgeSurrender(ChatStreamInterruptedException interrupted, ProviderCall last, string text)
    {
        if (_run.Settings.MidStream == MidStreamPolicy.Interrupt)
        {
            Expect(_calls.All(static call => call.Partial is null), "continued against the policy");
            return;
        }

        if (WhyUnsafe(last, text) is not null || interrupted.Kind is FailureKind.InvalidRequest or FailureKind.ContextTooLong)
        {
            return;
        }

        var continuations = interrupted.Report.Attempts.Count(static attempt => attempt is { Role: AttemptRole.Continuation, Delivered: AttemptDelivery.Content });
        var tail = interrupted.Report.Attempts.Reverse().TakeWhile(static attempt => attempt.Delivered != AttemptDelivery.Content).Select(static attempt => attempt.Step).Distinct();
        Expect(
            continuations == _run.Settings.MaxContinuations || tail.Count(static name => name[0] == 'p') == _run.Settings.Models,
            $"given up early: {interrupted.Message}");
    }
}
