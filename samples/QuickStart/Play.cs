using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm;
using Resilient.Llm.Loopback;

namespace QuickStart;

/// <summary>Asks, shows who answered, and notes every answer that did not come from where the scene says.</summary>
internal sealed class Play(IChatClient chat)
{
    private int _scenes;
    private int _surprises;

    public static void Show(ChatCircuitEvent change) => Console.WriteLine(
        $"circuit {change.Model}: {change.From} -> {change.To}" + (change.BreakDuration is { } time ? $" for {time.TotalMilliseconds:F0} ms" : ""));

    public void Scene(string title) => Console.WriteLine($"\n{++_scenes}. {title}");

    public async Task<string> AskAsync(string question, AnswerSource source, string servedBy)
    {
        var response = await chat.GetResponseAsync(question);
        ReportLine.Write(response);
        Expect(response, source, servedBy);
        return response.Text;
    }

    /// <summary>Asks another ladder, whose best model is to answer in the region.</summary>
    public async Task AskAsync(string question, string region, IChatClient other)
    {
        var response = await other.GetResponseAsync(question);
        ReportLine.Write(response);
        Expect(response.GetResilienceReport() is { IsDegraded: false } report && report.Region == region, $"an answer from {region} that is not degraded");
    }

    /// <summary>Shows the words as they come, as a user would see them.</summary>
    public async Task StreamAsync(string question, string text, string servedBy)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in chat.GetStreamingResponseAsync(question))
        {
            Console.Write(update.Text);
            updates.Add(update);
        }

        Console.WriteLine();

        // The last update carries the report; put together, the response has it.
        var response = updates.ToChatResponse();
        ReportLine.Write(response);
        Expect(response, AnswerSource.Model, servedBy);
        Expect(response.Text == text, $"the text \"{text}\"");
    }

    /// <summary>Waits until the open circuit would let a call through.</summary>
    public async Task UntilBreakIsOverAsync(string model)
    {
        var circuit = chat.GetRequiredService<ChatCircuits>().Get(model);
        Expect(circuit.State == CircuitState.Open, $"an open circuit, but {circuit}");
        await Task.Delay((circuit.ReopensIn ?? TimeSpan.Zero) + TimeSpan.FromMilliseconds(50));
    }

    public void ExpectCalls(LoopbackProvider provider, int calls) =>
        Expect(provider.Calls == calls, $"{calls} calls to have reached the provider, but there were {provider.Calls}");

    public void ExpectText(string answer, string sentence)
    {
        Console.WriteLine(answer);
        Expect(answer.Contains(sentence, StringComparison.Ordinal), $"the sentence \"{sentence}\"");
    }

    /// <summary>The exit code: 0 when every scene ended as it should.</summary>
    public int End()
    {
        Console.WriteLine(_surprises == 0 ? "\nEvery scene ended as it should." : $"\n{_surprises} expectations were not met.");
        return _surprises == 0 ? 0 : 1;
    }

    private void Expect(ChatResponse response, AnswerSource source, string servedBy)
    {
        var report = response.GetResilienceReport();
        Expect(report?.Source == source && report.ServedBy == servedBy, $"an answer from {source}, served by {servedBy}");
    }

    private void Expect(bool holds, string expectation)
    {
        if (!holds)
        {
            _surprises++;
            Console.Error.WriteLine($"UNEXPECTED: this scene expects {expectation}.");
        }
    }
}
