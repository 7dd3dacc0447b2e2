# frozen_string_literal: true

require_relative "../lib/msgpack/version"
require_relative "native_gem"

# In a container for cross-compilation, compile.rake leaves all tasks to rb_sys.
unless ENV.key?("RUBY_TARGET")
  desc "Build the gem with this Ruby's library in it, or rake \"native[PLATFORM]\" with all Rubies', in a container"
  task :native, [:platform] do |_, arguments|
    if (platform = arguments[:platform])
      abort <<~TEXT if Gem::Specification.find_all_by_name("rb_sys").empty?
        A gem for a platform, with a library for each Ruby, is built in a container: by the rb_sys gem (gem install rb_sys)
        with Docker or Podman. `rake native` makes one here, for this machine and Ruby #{RUBY_VERSION[/\A\d+\.\d+/]}.
      TEXT
      sh Gem.ruby, Gem.bin_path("rb_sys", "rb-sys-dock"), "--platform", platform, "--ruby-versions",
         NativeGem::RUBIES.join(","), "--build"
    else
      NativeGem.new.build("pkg/msgpack-ext-#{MessagePack::VERSION}-#{NativeGem.platform}.gem")
    end
  end
end
