# frozen_string_literal: true

require "rbconfig"
require "socket"
require "timeout"

# Each program in examples/ is run as a reader of it would run it.
RSpec.describe "The examples" do
  examples = File.expand_path("../../examples", __dir__)

  # A program that waits for what never comes would hold the run for good.
  around { |example| Timeout.timeout(60) { example.run } }

  define_method(:run_example) { |name, *arguments| run_program(RbConfig.ruby, File.join(examples, name), *arguments) }

  # Starts the server on a free port, gives the block its output and the port, and ends it.
  define_method(:with_server) do |**env, &block|
    arguments = env.empty? ? ["0"] : []
    command = [RbConfig.ruby, File.join(examples, "streaming_server.rb"), *arguments]
    IO.popen([env.transform_keys(&:to_s), *command]) do |output|
      block.call(output, Integer(output.gets[/\Alistening on port (\d+)$/, 1]))
    ensure
      Process.kill("TERM", output.pid)
    end
  end

  describe "streaming_server.rb and streaming_client.rb" do
    it "print each value that the client sends byte by byte" do
      with_server do |output, port|
        client = run_example("streaming_client.rb", port.to_s)
        expect(client).to be_success, client.to_s
        expect(client.stdout).to eq("sent 40 bytes\n")

        expect(Array.new(11) { output.gets.chomp }).to eq((["[0, 1, 2]"] * 10) << "the client has gone")
      end
    end

    it "serve one client after another, whatever the one before left unfinished" do
      with_server do |output, port|
        TCPSocket.open("127.0.0.1", port) { |socket| socket.write(hex("a3 61 62 63 93 01")) }
        expect(Array.new(2) { output.gets.chomp }).to eq(["\"abc\"", "the client has gone"])

        TCPSocket.open("127.0.0.1", port) { |socket| socket.write(hex("01 c1 02")) }
        expect(output.gets.chomp).to eq("1")
        expect(output.gets).to start_with("the client was disconnected: ")

        run_example("streaming_client.rb", port.to_s)
        expect(output.gets.chomp).to eq("[0, 1, 2]")
      end
    end

    it "take the port from the environment too, and end politely at Ctrl-C" do
      with_server(PORT: "0") do |output, port|
        client = run_program(RbConfig.ruby, File.join(examples, "streaming_client.rb"), env: { "PORT" => port.to_s })
        expect(client).to be_success, client.to_s
        Array.new(11) { output.gets }
        Process.kill("INT", output.pid)
        expect(output.gets).to eq("bye\n")
      end
    end
  end

  describe "extended_types.rb" do
    it "prints what its comments promise" do
      run = run_example("extended_types.rb")

      expect(run).to be_success, run.to_s
      expect(run.stdout).to eq(<<~TEXT)
        packed 42 bytes
        from (1, 2) to (-3, 4) at 2015-06-03 23:41:26 UTC
        unknown: #<MessagePack::ExtType: @type=1, @data="\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x02">
        packed again: the same bytes
        refused at byte 6
        then: next
      TEXT
    end
  end

  describe "README.md" do
    let(:text) { File.read(File.join(examples, "README.md"), encoding: "UTF-8") }
    let(:programs) { Dir.children(examples).grep(/\.(?:rb|ru)\z/) }

    it "lists them all" do
      expect(text.scan(/\]\(([\w.]+)\)/).flatten).to match_array([*programs, "demo"])
    end

    it "lists recipes that are short, and say how to start them and what to read next" do
      recipes = text[/^## Recipes$.*/m].scan(/\]\((\w+\.r[bu])\)/).flatten - ["check_library.rb"]
      expect(recipes.size).to be >= 9
      recipes.each do |name|
        lines = File.readlines(File.join(examples, name), encoding: "UTF-8")
        head = lines.drop(2).take_while { |line| line.start_with?("#") }.join
        expect(lines.size).to be < 60, name
        expect(head).to match(/^#   \S.*^# Read next: /m), name
        expect(head.scan(/[\w-]+\.r[bu]\b/) - programs).to eq([]), name
        expect(head.scan(%r{docs/[\w-]+\.md}).reject { |path| File.exist?(File.join(examples, "..", path)) }).to eq([])
      end
    end
  end
end
