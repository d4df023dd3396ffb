namespace QuickStart;

/// <summary>What else the program can do.</summary>
internal static class CommandLine
{
    private const string Help = """
        Without arguments: plays seven scenes against two providers inside this process. Needs no key and no network.

        --real "question"   asks one question of a real provider, with the cheaper model still in this process.
                            Costs a fraction of a cent. Reads, first one found:
                              ANTHROPIC_API_KEY, with ANTHROPIC_BASE_URL and ANTHROPIC_MODEL if set
                              OPENAI_API_KEY, with OPENAI_BASE_URL and OPENAI_MODEL if set
                            Exits with 0 when the real provider answered, else with 1.
        --help              shows this text.
        """;

    public static Task<int> RunAsync(string[] args) => args switch
    {
        ["--real", { Length: > 0 } question] => RealProvider.AskAsync(question),
        ["--help" or "-h"] => Print(Console.Out, exitCode: 0),
        _ => Print(Console.Error, exitCode: 2),
    };

    private static async Task<int> Print(TextWriter to, int exitCode)
    {
        await to.WriteLineAsync(Help);
        return exitCode;
    }
}
