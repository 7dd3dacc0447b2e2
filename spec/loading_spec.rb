# frozen_string_literal: true

# Two gems that both define MessagePack cannot work in one process: whichever comes second must refuse, say so, and
# leave the first one whole.
RSpec.describe "Loading beside the C gem" do
  let(:ours) { File.expand_path("../lib/msgpack-ext.rb", __dir__) }
  let(:env) { PackagedGem::CLEAN }
  let(:run) { ->(code) { in_subprocess(prelude + code, ours, c_gem, env: env, options: []) } }

  # What a second library could change: the constants, and for each module its methods with where they come from.
  let(:prelude) { <<~RUBY }
    OURS, C_GEM = ARGV
    def state
      modules = [MessagePack, MessagePack.singleton_class, Kernel, Object, NilClass, TrueClass, FalseClass, Integer,
                 Float, String, Array, Hash, Symbol, Time, *MessagePack.constants.sort.map { |c| MessagePack.const_get(c) }]
      modules.grep(Module).to_h do |mod|
        names = mod.instance_methods(false) + mod.private_instance_methods(false) + mod.singleton_methods(false)
        values = mod.constants(false).map { |name| [name, mod.const_get(name).inspect] } unless mod == Object
        [mod, [names.sort, mod.ancestors, values, mod.instance_methods(false).map { |n| mod.instance_method(n).hash }]]
      end
    end
  RUBY

  # The file that a plain `require "msgpack"` loads when this gem is not there.
  let(:c_gem) do
    code = 'require "msgpack"; puts $LOADED_FEATURES.grep(%r{/msgpack\.rb\z})'
    result = in_subprocess(code, env: PackagedGem::CLEAN, options: [])
    need result.success?, "the C gem msgpack (apt-get install ruby-msgpack)"
    result.stdout.chomp
  end

  it "refuses to be the second, names both and their files, and leaves the C gem as it was" do
    result = run.call(<<~RUBY)
      require C_GEM
      before = state
      begin
        require OURS
      rescue LoadError => e
        puts e.message
      end
      warn "changed" unless state == before
      puts MessagePack.unpack(MessagePack.pack([1])) == [1]
    RUBY
    message, works = result.stdout.split(/\n(?=true\n\z)/)
    expect(works).to eq("true\n"), result.to_s
    expect(message).to include("msgpack-ext", File.dirname(ours))
    expect(message).to include(c_gem).or match(%r{/msgpack/msgpack\.#{RbConfig::CONFIG["DLEXT"]}})
    expect(result.stderr).to eq("")
  end

  it "refuses each time it is tried" do
    result = run.call("require C_GEM; 2.times { begin; require OURS; rescue LoadError => e; p e.class; end }")
    expect(result.stdout).to eq("LoadError\n" * 2), result.to_s
  end

  it "is left as it was by a C gem that comes second, which fails" do
    result = run.call(<<~RUBY)
      $LOAD_PATH.unshift(File.dirname(OURS))
      require OURS
      $LOAD_PATH.push(*Gem::Specification.find_all_by_name("msgpack", "< 1.8.100").flat_map(&:full_require_paths))
      before = state
      begin
        require C_GEM
      rescue ::TypeError => e
        puts e.message
      end
      after = state
      before.each { |mod, was| warn "changed: \#{mod}" unless after[mod] == was }
      warn "new: \#{(after.keys - before.keys).inspect}" unless after.keys == before.keys
      puts MessagePack.unpack(MessagePack.pack([1])) == [1]
    RUBY
    # The first class that it defines: Buffer up to 1.4, HeldBuffer later.
    expect(result.stdout).to match(/\Asuperclass mismatch for class (MessagePack::)?(Held)?Buffer.*\ntrue\n\z/)
    expect(result.stderr).to eq(""), result.to_s
  end

  it "answers require \"msgpack\" itself when it came first" do
    result = run.call(<<~RUBY)
      $LOAD_PATH.unshift(File.dirname(OURS))
      require OURS
      p require("msgpack"), MessagePack::VERSION
    RUBY
    expect(result.stdout).to eq("false\n#{MessagePack::VERSION.inspect}\n"), result.to_s
  end
end
