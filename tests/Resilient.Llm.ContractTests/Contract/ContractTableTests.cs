using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Every cell of <see cref="ContractTable"/>, through the official adapters over real sockets.</summary>
/// <remarks>One test is one fault on one protocol, one way. Its phases and policies are played at the same time, since some of them wait.</remarks>
public abstract class ContractTableTests(WireProtocol protocol)
{
    public static TheoryData<string, Way> Faults
    {
        get
        {
            var faults = new TheoryData<string, Way>();
            foreach (var fault in ContractTable.All)
            {
                faults.Add(fault.Name, Way.Plain);
                faults.Add(fault.Name, Way.Streamed);
            }

            return faults;
        }
    }

    /// <summary>A fault that the protocol does not know, and an empty cell, have nothing to play.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Ladder_PrimaryHasFault_ContractHolds(string fault, Way way)
    {
        var cells = ContractTable.Cells.Where(cell => cell.Fault.Name == fault && cell.Protocol == protocol && cell.Way == way && !cell.IsEmpty);

        var failures = (await Task.WhenAll(cells.SelectMany(ContractRun.Of).Select(FailureOfAsync))).OfType<string>().ToList();

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    private static async Task<string?> FailureOfAsync(ContractRun run)
    {
        try
        {
            await Task.Run(run.PlayAsync);
            return null;
        }
        catch (Exception exception)
        {
            return $"{run.Cell} ({run.Policy}, {run.Shape}): {exception}";
        }
    }
}

/// <inheritdoc/>
public sealed class ChatCompletionsContractTests() : ContractTableTests(WireProtocol.OpenAI);

/// <inheritdoc/>
public sealed class ResponsesContractTests() : ContractTableTests(WireProtocol.Responses);

/// <inheritdoc/>
public sealed class AnthropicContractTests() : ContractTableTests(WireProtocol.Anthropic);

/// <inheritdoc/>
public sealed class OllamaContractTests() : ContractTableTests(WireProtocol.Ollama);

/// <inheritdoc/>
public sealed class AzureContractTests() : ContractTableTests(WireProtocol.Azure);
