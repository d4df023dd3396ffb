using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

public class AnswerMemoryTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Memory_Full_ForgetsTheLeastRecentlyUsed()
    {
        // Room for two answers of a thousand letters, not for three.
        var client = Client(7_500, out var model);
        await client.AskAsync(streaming: false, "a");
        await client.AskAsync(streaming: false, "b");
        await client.AskAsync(streaming: false, "a");
        await client.AskAsync(streaming: false, "c");
        Assert.Equal(3, model.Calls);

        await client.AskAsync(streaming: false, "a");
        Assert.Equal(3, model.Calls);
        await client.AskAsync(streaming: false, "b");
        Assert.Equal(4, model.Calls);
    }

    [Fact]
    public async Task Memory_AnswerLargerThanItsLimit_IsNotKeptAndEvictsNothing()
    {
        var client = Client(4_000, out var model);
        await client.AskAsync(streaming: false, "a");
        await client.AskAsync(streaming: false, "long");
        await client.AskAsync(streaming: false, "a");

        Assert.Equal(2, model.Calls);
    }

    private CachedAnswerChatClient Client(long limit, out FakeChatClient model)
    {
        model = new(call => Task.FromResult(Answers.Text(new('x', call.Messages[0].Text == "long" ? 10_000 : 1_000))));
        return new(model, new() { Mode = CachedAnswerMode.ReadThrough, MemoryLimit = limit }, _time);
    }
}
