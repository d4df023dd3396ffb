using Polly.CircuitBreaker;

namespace Resilient.Llm.Tests;

public sealed class ChatCircuitsTests
{
    private readonly ChatCircuits _circuits = new();

    public ChatCircuitsTests()
    {
        Add("primary", "eu");
        Add("primary", "us");
        Add("cheaper", "cheaper");
    }

    [Fact]
    public void Get_ModelWithOneEndpoint_NeedsNoEndpoint()
    {
        var circuit = _circuits.Get("cheaper");

        Assert.Equal(("cheaper", "cheaper", "cheaper"), (circuit.Model, circuit.Endpoint, circuit.Name));
        Assert.Same(circuit, _circuits.Get("cheaper", "cheaper"));
    }

    [Fact]
    public void Get_NamedEndpoint_IsFound() => Assert.Equal("primary/us", _circuits.Get("primary", "us").Name);

    [Theory]
    [InlineData("nobody", null, "There is no circuit for the model 'nobody'. Known circuits: 'primary/eu', 'primary/us', 'cheaper'.")]
    [InlineData("primary", "cn", "There is no circuit for the endpoint 'cn' of the model 'primary'. Known circuits: 'primary/eu', 'primary/us', 'cheaper'.")]
    public void Get_Unknown_ListsTheKnown(string model, string? endpoint, string message)
    {
        Assert.Equal(message, Assert.Throws<KeyNotFoundException>(() => _circuits.Get(model, endpoint)).Message);
        Assert.False(_circuits.TryGet(model, endpoint, out _));
    }

    [Fact]
    public void Get_SeveralEndpointsAndNoneNamed_AsksForOne()
    {
        var error = Assert.Throws<ArgumentException>("endpoint", () => _circuits.Get("primary"));

        Assert.StartsWith("The model 'primary' has 2 endpoints, each with its own circuit. Name one of them: 'primary/eu', 'primary/us'.", error.Message);
        Assert.False(_circuits.TryGet("primary", null, out _));
    }

    [Fact]
    public void Get_NothingAdded_SaysSo() =>
        Assert.EndsWith("No endpoint has one.", Assert.Throws<KeyNotFoundException>(() => new ChatCircuits().Get("x")).Message);

    [Fact]
    public void Circuits_Enumerated_StandInOrder()
    {
        Assert.Equal(3, _circuits.Count);
        Assert.Equal(["primary/eu", "primary/us", "cheaper"], _circuits.Select(c => c.Name));
    }

    [Fact]
    public void Add_SameNameTwice_IsRefused() =>
        Assert.StartsWith("There is a circuit 'primary/eu' already.", Assert.Throws<ArgumentException>(() => Add("primary", "eu")).Message);

    [Fact]
    public void Circuit_ByHand_IsolatesAndResets()
    {
        Assert.True(_circuits.TryGet("primary", "eu", out var circuit));
        circuit.Isolate();
        Assert.Equal("primary/eu: Isolated", circuit.ToString());
        Assert.Null(circuit.ReopensIn);
        circuit.Reset();

        Assert.Equal((CircuitState.Closed, false, default(CircuitCounts)), (circuit.State, circuit.IsCoolingDown, circuit.Counts));
    }

    private void Add(string model, string endpoint) => _circuits.Add(new(new(model, endpoint), new()));
}
