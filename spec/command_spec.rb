# frozen_string_literal: true

require "pty"

RSpec.describe "exe/msgpack-ext" do
  subcommands = %w[inspect to-json from-json stats dig]

  describe "its help" do
    it "names every command" do
      commands = output_of("--help")[/Commands:\n(.*?)\n\n/m, 1]
      expect(commands.lines.map { |line| line.split.first }).to eq(subcommands)
    end

    subcommands.each do |name|
      it "tells the options of #{name}" do
        expect(output_of(name, "--help")).to start_with("Usage: msgpack-ext #{name} [OPTIONS] ").and include("--help")
      end
    end
  end

  it "prints its version" do
    expect(output_of("--version")).to eq("msgpack-ext #{MessagePack::VERSION}\n")
  end

  describe "a wrong command line" do
    {
      [] => /no command is given\nUsage: /,
      ["--bogus"] => /invalid option: --bogus/,
      ["undo"] => /no command "undo"; there are inspect, .* \(`msgpack-ext --help`/,
      ["inspect", "--bogus"] => /inspect: invalid option: --bogus \(`msgpack-ext inspect --help`/,
      ["inspect", "--cut", "0"] => /--cut 0 \(it must be at least 1\)/,
      ["dig", "-"] => /dig: expected FILE and PATH, got 1 argument/
    }.each do |arguments, message|
      it "gives status 2 and says what is wrong with #{arguments.inspect}" do
        expect(command(*arguments)).to have_attributes(status: 2, stdout: "", stderr: message)
      end
    end
  end

  describe "its inputs" do
    it "are the standard input where - or nothing is given" do
      expect(output_of("to-json", input: "\x01")).to eq("1\n")
      expect(output_of("to-json", "-", input: "\x01")).to eq("1\n")
    end

    it "may be several, one after another" do
      with_file("\x02") { |path| expect(output_of("to-json", path, "-", path, input: "\x01")).to eq("2\n1\n2\n") }
    end

    it "are named where they are several" do
      with_file("\x02") do |path|
        expect(output_of("inspect", path, "-", input: "\x01").scan(/^==> (.*) <==$/).flatten)
          .to eq([path, "standard input"])
      end
    end

    it "have their turn after one with a fault, and the status is the greatest" do
      with_file("\xC1".b) do |path|
        answer = command("to-json", path, "#{path}.none", "-", input: "\x01")
        expect(answer).to have_attributes(status: 3, stdout: "1\n")
        expect(answer.stderr.lines).to match(
          [a_string_including("#{path}: ", "byte 0xc1", " at byte 0"),
           a_string_including("#{path}.none: it can't be opened: No such file or directory")]
        )
      end
    end

    it "may have names that are no valid text" do
      Dir.mktmpdir do |dir|
        path = "#{dir}/\xFF".b
        begin
          File.binwrite(path, "\x01\xC1".b)
        rescue SystemCallError
          skip "this file system has valid names only"
        end
        run = run_exe("to-json", path)
        expect(run.stdout).to eq("1\n")
        expect(run.stderr).to start_with("msgpack-ext: #{dir}/\uFFFD: byte 0xc1")
      end
    end

    it "can't be folders" do
      answer = command("stats", __dir__)
      expect(answer).to have_attributes(status: 3, stderr: /#{__dir__}: it can't be read: Is a directory/)
    end
  end

  it "ends with status 130 and without a word when it is interrupted" do
    require "msgpack/command"
    stdin = StringIO.new
    stdin.define_singleton_method(:readpartial) { |*| raise Interrupt }
    out = StringIO.new
    status = MessagePack::Command.run(["stats"], stdin: stdin, stdout: out, stderr: out)
    expect([status, out.string]).to eq([130, ""])
  end

  describe "as a process" do
    it "reads a pipe, and ends with the status" do
      expect(run_exe("to-json", stdin: "\x93\x01\x02\x03".b)).to have_attributes(stdout: "[1,2,3]\n", success?: true)
      expect(run_exe("to-json", stdin: "\x92".b).status.exitstatus).to eq(1)
    end

    it "loads this gem, wherever the C gem is, and json where it is needed only" do
      Dir.mktmpdir do |dir|
        File.write(File.join(dir, "msgpack.rb"), "raise 'the other one'")
        File.write(File.join(dir, "probe.rb"), <<~'RUBY')
          at_exit { warn $LOADED_FEATURES.filter_map { |path| path[%r{/(json|msgpack_ext)\.\w+\z}, 1] }.uniq }
        RUBY
        loaded = %w[inspect stats to-json].map do |name|
          run_program(RbConfig.ruby, "-I", dir, "-rprobe", CommandHelpers::EXE, name, stdin: "\x01").stderr.split
        end
        expect(loaded).to match([["msgpack_ext"], ["msgpack_ext"], contain_exactly("msgpack_ext", "json")])
      end
    end

    it "stops quietly when the reader of its output has gone" do
      with_file("\xA1a".b * 100_000) do |path|
        subcommands.first(2).each do |name|
          reader, writer = IO.pipe
          errors, error_writer = IO.pipe
          pid = spawn(RbConfig.ruby, CommandHelpers::EXE, name, path, out: writer, err: error_writer)
          [writer, error_writer].each(&:close)
          expect(reader.readpartial(1)).not_to be_empty
          reader.close
          expect(errors.read).to eq("")
          expect(Process.wait2(pid).last.exitstatus).to eq(0)
        end
      end
    end

    it "says that the output can't be written" do
      need File.chardev?("/dev/full"), "Linux's /dev/full"
      errors, error_writer = IO.pipe
      pid = spawn(RbConfig.ruby, CommandHelpers::EXE, "--version", out: "/dev/full", err: error_writer)
      error_writer.close
      expect(errors.read).to match(/\Amsgpack-ext: the output can't be written: No space left on device.*\n\z/)
      expect(Process.wait2(pid).last.exitstatus).to eq(3)
    end
  end

  describe "colours" do
    def on_terminal(*arguments, env: {})
      output = +""
      PTY.spawn({ "NO_COLOR" => nil, "TERM" => "xterm" }.merge(env), RbConfig.ruby, CommandHelpers::EXE,
                *arguments) do |reader, _, pid|
        loop { output << reader.readpartial(4096) }
      rescue Errno::EIO, EOFError # what the end of a terminal is on Linux, and elsewhere
        Process.wait(pid)
      end
      output
    end

    it "are there on a terminal, unless --no-color or NO_COLOR forbids them" do
      with_file("\x01") do |path|
        expect(on_terminal("inspect", path)).to include("\e[36m1\e[0m")
        expect(on_terminal("inspect", "--no-color", path)).to include("1").and not_include("\e")
        expect(on_terminal("inspect", path, env: { "NO_COLOR" => "1" })).to include("1").and not_include("\e")
      end
    end

    it "are not there otherwise, unless --color asks for them" do
      expect(output_of("inspect", input: "\x01")).not_to include("\e")
      expect(output_of("inspect", "--color", input: "\x01")).to include("\e[36m1\e[0m")
    end

    it "stand beside a refusal to write bytes to a terminal" do
      with_file("1") do |path|
        expect(on_terminal("from-json", path)).to include("the output is binary", "--force")
        expect(on_terminal("from-json", "--force", path)).to eq("\x01")
      end
    end
  end

  describe "progress" do
    let(:io) { StringIO.new }
    let(:times) { [0.0, 0.5, 1.5, 1.6, 2.0] }

    def progress(size, shown: true)
      require "msgpack/command/progress"
      MessagePack::Command::Progress.new(io, size, shown: shown, clock: -> { times.shift })
    end

    it "is shown after a second, at intervals, and wiped out at the end" do
      line = progress(4 << 20)
      4.times { |mebibytes| line.at(mebibytes << 20) }
      line.finish
      expect(io.string.split("\r\e[K", -1)).to eq(["", "1 MiB of 4 MiB (25 %), 1 MiB/s",
                                                   "3 MiB of 4 MiB (75 %), 2 MiB/s", ""])
    end

    it "tells no share of a size that is not known" do
      line = progress(nil)
      2.times { line.at(3 << 20) }
      expect(io.string).to eq("\r\e[K3 MiB, 2 MiB/s")
    end

    it "is not shown where nobody would see it, or the output is in its place" do
      line = progress(1, shown: false)
      4.times { line.at(1) }
      line.finish
      expect(io.string).to eq("")
    end
  end
end

RSpec::Matchers.define_negated_matcher :not_include, :include
